import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { AccessKeys } from './access/access-keys.ts';
import { CLOCK_WINDOW_MS } from './access/clock-window.ts';
import { ReplayGuard } from './access/replay-guard.ts';
import type { CreatedAccount } from './accounts/create-account.ts';
import { ensureFirstAccount } from './accounts/first-account.ts';
import type { Config } from './config.ts';
import { dataPaths } from './files/data-paths.ts';
import { createMetrics } from './http/metrics.ts';
import { createHttpServer, readTls } from './http/server.ts';
import { destroyDueKeys } from './jobs/destroy-due-keys.ts';
import { every } from './jobs/every.ts';
import { Keyring } from './keys/keyring.ts';
import { makeDataDirectory, openData } from './open-data.ts';
import type { Ports } from './pipeline/call-state.ts';
import { StartError } from './start-error.ts';
import { cached } from './store/cached-store.ts';
import { lockDataDirectory } from './store/lock.ts';
import { readAnchor, rememberAnchor } from './trail/anchor.ts';
import { openTrail } from './trail/open-trail.ts';
import { scanReplays } from './trail/replay-scan.ts';

const ANCHOR_MS = 1000;
const DESTROY_MS = 60_000;
const ACCESS_KEYS_IN_MEMORY = 10_000;

export interface RunningServer {
  /** Where it listens, `http://127.0.0.1:8300`. */
  readonly url: string;
  /** Set at the very first start. */
  readonly firstAccount: CreatedAccount | undefined;
  /** Answers what is in flight, then closes everything in reverse order. */
  close(): Promise<void>;
}

/** Opens everything in order and listens. Throws StartError, or an error that names the damaged file. */
export async function startServer(
  config: Config,
  log: Logger,
  now: () => number = Date.now,
): Promise<RunningServer> {
  // Before anything is made: a start that cannot succeed should leave nothing behind.
  const tls = config.tls && (await readTls(config.tls));
  await using opened = new AsyncDisposableStack();
  const paths = dataPaths(config.dataDir);
  const onFailure = (error: unknown, requestId?: string) => log.error({ err: error, requestId }, 'failed');

  await makeDataDirectory(config.dataDir);
  const lock = lockDataDirectory(config.dataDir);
  opened.defer(() => lock.release());
  const { store: database, domainKey } = await openData(config);
  opened.defer(() => database.close());
  const store = cached(database, {
    keys: config.keysInMemory,
    versions: config.keysInMemory,
    aliases: config.keysInMemory,
    accessKeys: ACCESS_KEYS_IN_MEMORY,
    clock: () => performance.now(),
  });

  const trail = await openTrail(paths.trail, { anchor: await readAnchor(store.settings), clock: now });
  opened.defer(() => trail.close());
  const replayGuard = new ReplayGuard(config.replayCapacity);
  await scanReplays(paths.trail, now() - 2 * CLOCK_WINDOW_MS, (accessKeyId, token, timestamp) =>
    replayGuard.remember(accessKeyId, token, timestamp, now()),
  );

  const firstAccount = await ensureFirstAccount(
    { store, domainKey, now: now() },
    config,
    paths.rootAccessKey,
  );
  const ports: Ports = {
    kms: {
      store,
      keyring: new Keyring(domainKey, store.keys, now),
      regions: config.regions,
      quotas: config.quotas,
    },
    accessKeys: new AccessKeys(domainKey, store.accounts),
    replayGuard,
    trail,
    now,
    onFailure,
  };

  let databaseFails = false;
  const anchor = async (): Promise<void> => {
    try {
      await rememberAnchor(store.settings, trail.head());
      databaseFails = false;
    } catch (error) {
      databaseFails = true;
      throw error;
    }
  };
  const anchoring = every(ANCHOR_MS, anchor, onFailure);
  opened.defer(async () => {
    await anchoring.stop();
    await rememberAnchor(store.settings, trail.head());
  });
  const newId = () => randomUUID().toUpperCase();
  const destroying = every(DESTROY_MS, () => destroyDueKeys({ store, trail, now, newId }), onFailure);
  opened.defer(() => destroying.stop());

  const problems = () => [
    ...(trail.problem() === undefined ? [] : ['trail']),
    ...(databaseFails ? ['database'] : []),
  ];
  const metrics = createMetrics({ replayTokens: () => replayGuard.size });
  const http = createHttpServer(ports, { tls, problems, metrics });
  opened.defer(() => http.close());
  const { host } = config.listen;
  await http.listen(config.listen).catch((error: NodeJS.ErrnoException) => {
    throw new StartError(
      `KEYHOLD_LISTEN: cannot listen on ${host}, port ${config.listen.port} (${error.code})`,
    );
  });
  const { port } = http.server.address() as AddressInfo; // a TCP server's, never a pipe's
  const url = `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;

  const running = opened.move();
  return { url, firstAccount, close: () => running.disposeAsync() };
}
