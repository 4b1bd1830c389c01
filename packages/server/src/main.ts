import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { CreatedAccount } from './accounts/create-account.ts';
import type { Config } from './config.ts';
import { dataPaths } from './files/data-paths.ts';
import { TokenUnavailable } from './hsm/token.ts';
import { createMetrics } from './http/metrics.ts';
import { createHttpServer, readTls } from './http/server.ts';
import type { DomainKey } from './keys/domain-key.ts';
import { makeDataDirectory, openDatabase } from './open-data.ts';
import { awaitDomainKey } from './root/await-domain-key.ts';
import { openFirst } from './root/open-domain-key.ts';
import { RootKeys } from './root/root-keys.ts';
import { openService, type Service } from './service.ts';
import { StartError } from './start-error.ts';
import { lockDataDirectory } from './store/lock.ts';
import { waitingPorts } from './waiting-ports.ts';

export interface RunningServer {
  /** Where it listens, `http://127.0.0.1:8300`. */
  readonly url: string;
  /** Set at the very first start. */
  readonly firstAccount: CreatedAccount | undefined;
  /** Whether calls are refused until the root key is there. */
  readonly waits: boolean;
  /** Resolves when calls are answered, or the server is closed; rejects where the rest of the start fails. */
  readonly ready: Promise<void>;
  /** Answers what is in flight, then closes everything in reverse order. */
  close(): Promise<void>;
}

/**
 * Opens everything in order and listens. Throws StartError, or an error that names the damaged file. Where the root
 * key is in a token that is away, it listens, refuses every call, and opens the rest as soon as there is a way in.
 * `steady` counts milliseconds that only go forward.
 */
export async function startServer(
  config: Config,
  log: Logger,
  now: () => number = Date.now,
  steady: () => number = () => performance.now(),
): Promise<RunningServer> {
  // Before anything is made: a start that cannot succeed should leave nothing behind.
  const tls = config.tls && (await readTls(config.tls));
  await using opened = new AsyncDisposableStack();
  const { database: path } = dataPaths(config.dataDir);

  await makeDataDirectory(config.dataDir);
  const lock = lockDataDirectory(config.dataDir);
  opened.defer(() => lock.release());
  const database = await openDatabase(config.dataDir);
  opened.defer(() => database.close());
  const rootKeys = opened.use(new RootKeys(config));
  const parts = opened.use(new AsyncDisposableStack());
  const open = async (domainKey: DomainKey): Promise<Service> => {
    await rootKeys[Symbol.asyncDispose]();
    return openService(config, log, now, steady, { database, domainKey, opened: parts });
  };
  const domainKey = await openFirst(database.settings, rootKeys, path).catch(unlessAway);
  let service = domainKey && (await open(domainKey));

  const waiting = waitingPorts('it waits for its root key', now);
  const problems = () => service?.problems() ?? ['root key: waiting for the token'];
  const metrics = createMetrics({
    replayTokens: () => service?.replayTokens() ?? 0,
    hsm: config.hsm ? () => service?.hsmHealth() : undefined,
  });
  const ports = service?.ports ?? waiting.ports;
  const http = createHttpServer(ports, { tls, problems, metrics, trustedProxies: config.trustedProxies });
  opened.defer(() => http.close());
  const { host } = config.listen;
  await http.listen(config.listen).catch((error: NodeJS.ErrnoException) => {
    throw new StartError(
      `KEYHOLD_LISTEN: cannot listen on ${host}, port ${config.listen.port} (${error.code})`,
    );
  });
  const { port } = http.server.address() as AddressInfo; // a TCP server's, never a pipe's
  const url = `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;

  const tell = ({ fingerprint }: Service) =>
    log.info({ fingerprint }, 'this key signs the checkpoints of the trail');
  if (service) tell(service);

  const stop = new AbortController();
  const wait = async (): Promise<void> => {
    const onProblem = (problem: string) => log.warn(`the start waits: ${problem}`);
    const found = await awaitDomainKey(database.settings, rootKeys, path, { signal: stop.signal, onProblem });
    service = await open(found);
    waiting.become(service.ports);
    log.info('the root key is there; calls are answered');
    tell(service);
  };
  const waits = service === undefined;
  const ready = (waits ? wait() : Promise.resolve()).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  opened.defer(async () => {
    stop.abort();
    await ready.catch(() => undefined);
  });

  const running = opened.move();
  return { url, waits, ready, firstAccount: service?.firstAccount, close: () => running.disposeAsync() };
}

function unlessAway(error: unknown): undefined {
  if (!(error instanceof TokenUnavailable)) throw error;
}
