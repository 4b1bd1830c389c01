import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Directories } from '../ram/directories.ts';
import type { TrailRecord } from '../ram/records.ts';
import { ACCOUNT, newDomainKey, OTHER_ACCOUNT, sealedAccessKey, TIME } from '../ram/test-kit/samples.ts';
import { sampleAccount } from '../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import { openTrail } from '../trail/open-trail.ts';
import { sampleEntry } from '../trail/test-kit/samples.ts';
import { parseBuckets } from './buckets.ts';
import { Deliveries } from './deliveries.ts';

Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'an-id', AWS_SECRET_ACCESS_KEY: 'a-secret' });
const directory = testDirectory();
const openEmpty = emptyStores(directory);
/** Takes connections and never says anything. */
const silent = createServer((socket) => socket.on('error', () => undefined));
after(() => silent.close());
let places = 0;

const trailOf = (trailName: string, changes: Partial<TrailRecord> = {}): TrailRecord => ({
  trailName,
  region: 'cn-hangzhou',
  trailRegion: 'All',
  eventRw: 'All',
  bucket: trailName,
  keyPrefix: '',
  writeRoleArn: '',
  runs: [{ after: 0, segment: 1, end: null }],
  createdAt: TIME,
  updatedAt: TIME,
  startedAt: TIME,
  stoppedAt: null,
  ...changes,
});

/** Deliveries on a store, a trail of small segments and directories of their own; time passes when told. */
async function place() {
  const home = join(directory, `place-${places++}`);
  mkdirSync(home);
  for (const name of ['one', 'two']) mkdirSync(join(home, name));
  if (!silent.listening) await once(silent.listen(0, '127.0.0.1'), 'listening');
  const { port } = silent.address() as AddressInfo;
  const buckets = parseBuckets(
    'B',
    `one=file:${home}/one,two=file:${home}/two,hanging=s3://b?endpoint=http://127.0.0.1:${port}`,
  );
  const { store } = await openEmpty();
  const domainKey = newDomainKey();
  for (const accountId of [ACCOUNT, OTHER_ACCOUNT]) {
    const accessKey = sealedAccessKey(domainKey, `LTAI${accountId}`, { accountId });
    await store.accounts.create(sampleAccount({ accountId }), accessKey);
  }
  const ram = new Directories(domainKey, store.ram);
  const trail = await openTrail(join(home, 'trail'), { clock: () => TIME, segmentBytes: 2000 });
  const clock = { steady: 1e6, now: TIME };
  const failures: string[] = [];
  const open = () =>
    Deliveries.open({
      directory: join(home, 'trail'),
      trail,
      accounts: store.accounts,
      ram,
      settings: store.settings,
      buckets,
      intervalMs: 300_000,
      regions: ['cn-hangzhou'],
      now: () => clock.now,
      steady: () => clock.steady,
      onFailure: (error) => failures.push(String(error)),
    });
  let deliveries = await open();
  let entries = 0;
  const append = async (accountId: string, count = 1) => {
    for (let i = 0; i < count; i++) {
      const caller = { accountId, type: 'root-account', principalId: accountId, accessKeyId: 'A' } as const;
      await trail.append(sampleEntry(entries++, { caller, time: TIME, resources: [] }));
    }
  };
  const objects = (bucket: string) =>
    readdirSync(join(home, bucket), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.gz'),
    );
  /** Ticks until it is so, without letting time pass. */
  const until = async (isSo: () => boolean) => {
    while (!isSo()) {
      await deliveries.tick();
      await sleep(5);
    }
  };
  return {
    home,
    trail,
    clock,
    failures,
    append,
    objects,
    until,
    get deliveries() {
      return deliveries;
    },
    put: async (accountId: string, record: TrailRecord) => {
      await ram.change(accountId, () => ({ result: undefined, put: [['trail', record]] }));
      await deliveries.noteChange(accountId);
    },
    reopen: async () => {
      await deliveries.close();
      deliveries = await open();
    },
    async [Symbol.asyncDispose]() {
      await deliveries.close();
      await trail.close();
      await store.close();
    },
  };
}

const countIn = (name: string): number => Number(/_1002_(\d+)_/.exec(name)?.[1]);

test('at first at once, then once in an interval, and sooner where there is much', async () => {
  await using here = await place();
  const { deliveries, clock, append, objects, until } = here;
  await append(ACCOUNT, 3);
  await append(OTHER_ACCOUNT, 2);
  await here.put(ACCOUNT, trailOf('one'));
  await until(() => objects('one').length === 1);
  assert.deepEqual(objects('one').map(countIn), [3], 'of its own account alone');
  clock.steady += 11_000;
  await append(ACCOUNT);
  for (let i = 0; i < 20; i++) await deliveries.tick();
  assert.equal(objects('one').length, 1);
  clock.steady += 300_000;
  await until(() => objects('one').length === 2);
  assert.deepEqual(here.failures, []);
});

test('a target that hangs holds up no other, is told of, and is no reason to stay', async () => {
  await using here = await place();
  const { clock, append, objects, until, deliveries } = here;
  await append(ACCOUNT);
  await append(OTHER_ACCOUNT);
  await here.put(ACCOUNT, trailOf('hanging'));
  await here.put(OTHER_ACCOUNT, trailOf('two'));
  await until(() => objects('two').length === 1);
  assert.deepEqual(deliveries.problems(), []);
  clock.steady += 61_000;
  assert.deepEqual(deliveries.problems(), ['trail delivery']);
  assert.equal(deliveries.status(ACCOUNT, trailOf('hanging')).error, 'away');
  const began = performance.now();
  await deliveries.close();
  assert.ok(performance.now() - began < 5000);
});

test('a bucket that is away is tried again, later and later, and told of once', async () => {
  await using here = await place();
  const { clock, append, objects, until, deliveries, failures } = here;
  await append(ACCOUNT);
  renameSync(join(here.home, 'one'), join(here.home, 'away'));
  await here.put(ACCOUNT, trailOf('one'));
  await until(() => deliveries.problems().length > 0);
  const status = () => deliveries.status(ACCOUNT, trailOf('one'));
  assert.equal(status().error, 'missing');
  for (const seconds of [1, 2, 4, 8]) {
    clock.steady += seconds * 1000;
    await deliveries.tick();
    await sleep(50);
  }
  assert.equal(failures.length, 1, failures.join());
  renameSync(join(here.home, 'away'), join(here.home, 'one'));
  for (let i = 0; i < 10; i++) await deliveries.tick();
  assert.equal(objects('one').length, 0, 'not at once');
  clock.steady += 300_000;
  await until(() => status().error === undefined);
  assert.equal(objects('one').length, 1);
  assert.equal(status().deliveredAt, TIME);
});

test('the oldest segment that is needed: of trails that are behind, not of those that are done', async () => {
  await using here = await place();
  const { clock, append, until, deliveries } = here;
  assert.equal(deliveries.oldestNeeded(), 1, 'all, until it is known');
  await deliveries.tick();
  assert.equal(deliveries.oldestNeeded(), undefined);
  await append(ACCOUNT, 20);
  await here.put(ACCOUNT, trailOf('one'));
  assert.equal(deliveries.oldestNeeded(), 1);
  const done = () => here.deliveries.status(ACCOUNT, trailOf('one')).deliveredTo === here.trail.head().seq;
  await until(done);
  const segment = deliveries.oldestNeeded() ?? 0;
  assert.equal(segment, here.trail.segment());
  assert.ok(segment > 3);

  const run = { after: 0, segment: 1, end: { seq: here.trail.head().seq, requestId: 'stop' } };
  await append(ACCOUNT, 20);
  const stopped = trailOf('one', { runs: [run], stoppedAt: TIME });
  await here.put(ACCOUNT, stopped);
  await here.reopen();
  await here.until(done);
  assert.ok(!here.deliveries.status(ACCOUNT, stopped).isFinished);
  assert.ok(here.deliveries.oldestNeeded() !== undefined, 'the entry of StopLogging may still come');
  clock.now += 61_000;
  await here.until(() => here.deliveries.status(ACCOUNT, stopped).isFinished);
  assert.equal(here.deliveries.oldestNeeded(), undefined);
  assert.deepEqual(here.objects('one').length, 1, 'nothing of what came after');
  await here.reopen();
  await here.deliveries.tick();
  assert.equal(here.deliveries.oldestNeeded(), undefined, 'also after a restart');

  const again = { after: here.trail.head().seq, segment: here.trail.segment(), end: null };
  await here.put(ACCOUNT, trailOf('one', { runs: [again] }));
  assert.equal(here.deliveries.oldestNeeded(), here.trail.segment());
  await append(ACCOUNT);
  await here.until(() => here.objects('one').length === 2);
});

test('a trail of one name made again begins anew; a bucket is taken for all accounts', async () => {
  await using here = await place();
  const { append, objects, until, deliveries } = here;
  await append(ACCOUNT, 2);
  await here.put(ACCOUNT, trailOf('one'));
  await until(() => objects('one').length === 1);
  await here.put(ACCOUNT, trailOf('one', { createdAt: TIME + 1, keyPrefix: 'another' }));
  await until(() => objects('one').length === 2);
  assert.deepEqual(objects('one').map(countIn), [2, 2]);
  assert.ok(deliveries.isTaken('one', OTHER_ACCOUNT));
  assert.ok(!deliveries.isTaken('one', ACCOUNT) && !deliveries.isTaken('two', OTHER_ACCOUNT));
});
