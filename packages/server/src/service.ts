import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { AccessKeys } from './access/access-keys.ts';
import { CLOCK_WINDOW_MS } from './access/clock-window.ts';
import { Diagnoses } from './access/diagnoses.ts';
import { ReplayGuard } from './access/replay-guard.ts';
import { Sessions } from './access/sessions.ts';
import { Throttle } from './access/throttle.ts';
import type { CreatedAccount } from './accounts/create-account.ts';
import { ensureFirstAccount } from './accounts/first-account.ts';
import type { Config } from './config.ts';
import { Deliveries } from './delivery/deliveries.ts';
import { dataPaths } from './files/data-paths.ts';
import type { TokenHealth } from './hsm/token.ts';
import { readBelievedTime, rememberBelievedTime } from './jobs/believed-time.ts';
import { ClockJump } from './jobs/clock-jump.ts';
import { DueJobs } from './jobs/due-jobs.ts';
import { every } from './jobs/every.ts';
import { TokenSweep } from './jobs/sweep-token.ts';
import type { DomainKey } from './keys/domain-key.ts';
import { Imports } from './keys/imports.ts';
import { Keyring } from './keys/keyring.ts';
import { lacksHsm, managedHsm } from './keys/managed-hsm.ts';
import { SoftwareEngine } from './keys/software-engine.ts';
import { VersionUses } from './keys/version-uses.ts';
import { Issuers } from './oidc/issuers.ts';
import type { Ports } from './pipeline/call-state.ts';
import { Directories } from './ram/directories.ts';
import { LastUses } from './ram/last-uses.ts';
import { cached } from './store/cached-store.ts';
import type { Store } from './store/store.ts';
import { readAnchor, rememberAnchor } from './trail/anchor.ts';
import { Checkpointer } from './trail/checkpoints/checkpointer.ts';
import { CheckpointCopy } from './trail/checkpoints/copy.ts';
import { lastCheckpoint } from './trail/checkpoints/remembered.ts';
import { exportPublicKey, openSigningKey } from './trail/checkpoints/signing-key.ts';
import { TrailLookup } from './trail/lookup/lookup.ts';
import { openTrail } from './trail/open-trail.ts';
import { scanReplays } from './trail/replay-scan.ts';
import { TrailRetention } from './trail/retention.ts';

const ANCHOR_MS = 1000;
const BELIEVED_TIME_MS = 1000;
const DUE_MS = 1000;
const VERSION_USES_MS = 60_000;
const CHECKPOINT_MS = 1000;
const RETENTION_MS = 600_000;
const LAST_USES_MS = 60_000;
const DELIVERY_MS = 1000;
const TOKEN_SWEEP_MS = 600_000;
const TOKEN_ERASE_MS = 3000;
const TOKEN_WATCH_MS = 250;
const ACCESS_KEYS_IN_MEMORY = 10_000;

/** All that needs the domain key. */
export interface Service {
  readonly ports: Ports;
  readonly problems: () => readonly string[];
  readonly replayTokens: () => number;
  readonly hsmHealth: () => TokenHealth | undefined;
  readonly firstAccount: CreatedAccount | undefined;
  /** Of the key that signs checkpoints. */
  readonly fingerprint: string;
}

/** Opens it in order; what is opened is closed by `opened`, in reverse. */
export async function openService(
  config: Config,
  log: Logger,
  now: () => number,
  steady: () => number,
  {
    database,
    domainKey,
    opened,
  }: { readonly database: Store; readonly domainKey: DomainKey; readonly opened: AsyncDisposableStack },
): Promise<Service> {
  const paths = dataPaths(config.dataDir);
  const onFailure = (error: unknown, requestId?: string) => log.error({ err: error, requestId }, 'failed');
  const store = cached(database, {
    keys: config.keysInMemory,
    versions: config.keysInMemory,
    aliases: config.keysInMemory,
    accessKeys: ACCESS_KEYS_IN_MEMORY,
    clock: steady,
  });

  const trailKey = await openSigningKey(store.settings, domainKey);
  await exportPublicKey(paths.trailPublicKey, trailKey.publicKey);
  const signed = await lastCheckpoint(paths.trail, store.settings, trailKey.publicKey);
  const trail = await openTrail(paths.trail, {
    anchor: await readAnchor(store.settings),
    front: signed?.front,
    clock: now,
  });
  opened.defer(() => trail.close());
  const replayGuard = new ReplayGuard(config.replayCapacity);
  await scanReplays(paths.trail, now() - 2 * CLOCK_WINDOW_MS, (accessKeyId, token, timestamp) =>
    replayGuard.remember(accessKeyId, token, timestamp, now()),
  );

  const lookup = new TrailLookup({
    trail: paths.trail,
    directory: paths.lookup,
    domainKey,
    days: config.lookupDays,
    head: () => trail.head().seq,
    onFailure,
  });
  opened.defer(() => lookup.close());

  const firstAccount = await ensureFirstAccount(
    { store, domainKey, now: now() },
    config,
    paths.rootAccessKey,
  );
  const lastUses = new LastUses(store.ram);
  const versionUses = new VersionUses(store.keys, now);
  const hsm = await managedHsm(config, store.keys, domainKey, now, log);
  opened.defer(async () => hsm?.token.close());
  const isHsmMissing = config.hsm === undefined && (await lacksHsm(store.keys, log));
  const software = new SoftwareEngine(domainKey, now);
  const engines = hsm ? { SOFTWARE: software, HSM: hsm.engine } : { SOFTWARE: software };
  const keyring = new Keyring(engines, store.keys, versionUses);
  const ram = new Directories(domainKey, store.ram);
  const deliveries = await Deliveries.open({
    directory: paths.trail,
    trail,
    accounts: store.accounts,
    ram,
    settings: store.settings,
    buckets: config.trailBuckets,
    intervalMs: config.deliverySeconds * 1000,
    regions: config.regions,
    now,
    steady,
    onFailure,
  });
  const ports: Ports = {
    kms: {
      store,
      keyring,
      imports: new Imports(domainKey, engines),
      versionUses,
      ram,
      lastUses,
      sessions: new Sessions(domainKey),
      diagnoses: new Diagnoses(domainKey),
      lookup,
      delivery: deliveries,
      regions: config.regions,
      quotas: config.quotas,
    },
    accessKeys: new AccessKeys(domainKey, store.accounts),
    replayGuard,
    issuers: new Issuers({
      clock: steady,
      onFailure: (issuer, error) =>
        log.warn({ issuer, err: error }, 'the keys of an OIDC issuer cannot be had'),
    }),
    throttle: new Throttle(config.rates),
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
  // A database of before it was remembered has been signed for.
  const believed = await readBelievedTime(store.settings, signed?.time ?? now());
  const clock = new ClockJump(now, steady, believed);
  const isClockDoubted = () => clock.isDoubted();
  const rememberTime = () => rememberBelievedTime(store.settings, clock.memory());
  const remembering = every(BELIEVED_TIME_MS, rememberTime, onFailure);
  opened.defer(async () => {
    await remembering.stop();
    await rememberTime().catch(onFailure);
  });
  const newId = () => randomUUID().toUpperCase();
  const jobs = new DueJobs({ store, keyring, ram, trail, now, steady, isClockDoubted, newId, onFailure });
  const working = every(DUE_MS, () => jobs.run(), onFailure);
  opened.defer(() => working.stop());
  if (hsm) {
    const onOrphans = (labels: readonly string[]) =>
      log.warn(
        { labels: labels.slice(0, 100), count: labels.length },
        'no key names these objects of the HSM',
      );
    const sweep = new TokenSweep({ ...hsm, keys: store.keys, now, isClockDoubted, onOrphans });
    const sweeping = every(TOKEN_SWEEP_MS, () => sweep.run(), onFailure);
    opened.defer(() => sweeping.stop());
    const erasing = every(TOKEN_ERASE_MS, () => sweep.erase(), onFailure);
    opened.defer(() => erasing.stop());
    const watching = every(TOKEN_WATCH_MS, async () => hsm.watch(), onFailure);
    opened.defer(() => watching.stop());
  }
  const noting = every(VERSION_USES_MS, () => versionUses.flush(), onFailure);
  opened.defer(async () => {
    await noting.stop();
    await versionUses.flush();
  });

  const { copyDir, ...pace } = config.checkpoints;
  const checkpointer = new Checkpointer(
    {
      directory: paths.trail,
      trail,
      key: trailKey,
      settings: store.settings,
      now,
      elapsed: steady,
      copy: copyDir === undefined ? undefined : new CheckpointCopy(paths.trail, copyDir, onFailure),
    },
    pace,
    signed,
  );
  const checkpointing = every(CHECKPOINT_MS, () => checkpointer.tick(), onFailure);
  opened.defer(async () => {
    await checkpointing.stop();
    await checkpointer.close();
  });
  if (config.trailRetentionDays > 0) {
    const removal = {
      directory: paths.trail,
      trail,
      checkpointer,
      now,
      newId,
      oldestNeeded: () => deliveries.oldestNeeded(),
      isClockDoubted,
    };
    const retention = new TrailRetention(removal, config.trailRetentionDays);
    const removing = every(RETENTION_MS, () => retention.run(), onFailure);
    opened.defer(() => removing.stop());
  }
  const delivering = every(DELIVERY_MS, () => deliveries.tick(), onFailure);
  opened.defer(async () => {
    await delivering.stop();
    await deliveries.close();
  });
  const flushingUses = every(LAST_USES_MS, () => lastUses.flush(), onFailure);
  opened.defer(async () => {
    await flushingUses.stop();
    await lastUses.flush();
  });

  const problems = () => [
    ...(trail.problem() === undefined ? [] : ['trail']),
    ...(databaseFails ? ['database'] : []),
    ...checkpointer.problems(),
    ...deliveries.problems(),
    ...(isHsmMissing || hsm?.token.health().up === false ? ['hsm'] : []),
  ];
  const hsmHealth = () => hsm?.token.health();
  const { fingerprint } = trailKey.publicKey;
  return { ports, problems, replayTokens: () => replayGuard.size, hsmHealth, firstAccount, fingerprint };
}
