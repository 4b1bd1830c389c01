import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sealAccessKey } from '../access/access-keys.ts';
import { softwareToken } from '../hsm/software-token.ts';
import { DomainKey } from '../keys/domain-key.ts';
import type { Key } from '../keys/key.ts';
import { Keyring } from '../keys/keyring.ts';
import { SoftwareEngine } from '../keys/software-engine.ts';
import { TokenEngine } from '../keys/token-engine.ts';
import { VersionUses } from '../keys/version-uses.ts';
import { Directories } from '../ram/directories.ts';
import { SecretBytes } from '../secret-bytes.ts';
import {
  FIRST_PAGE,
  NO_QUOTA,
  sampleAccount,
  sampleKey,
  sampleVersion,
} from '../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import type { Store } from '../store/store.ts';
import type { Entry } from '../trail/entry.ts';
import { TrailUnavailable } from '../trail/trail.ts';
import { ClockJump } from './clock-jump.ts';
import { DueJobs } from './due-jobs.ts';

const openStore = emptyStores(testDirectory());
const domainKey = new DomainKey(new SecretBytes(Buffer.alloc(32, 7)));
const DAY = 86_400_000;
const NOW = 100 * DAY;
const WEEK_S = 7 * 86_400;

/** An empty store, a clock to be moved, and a trail that fails when told to. */
async function setUp() {
  const { store } = await openStore();
  const entries: Entry[] = [];
  const world = { now: NOW, steady: 0, trailFails: false, failures: [] as unknown[] };
  let ids = 0;
  const trail = {
    async append(entry: Entry) {
      if (world.trailFails) throw new TrailUnavailable('on purpose');
      entries.push(entry);
    },
    problem: () => undefined,
    close: async () => undefined,
  };
  const now = () => world.now;
  const keyring = new Keyring(
    { SOFTWARE: new SoftwareEngine(domainKey, now) },
    store.keys,
    new VersionUses(store.keys, now),
  );
  const ram = new Directories(domainKey, store.ram);
  const steady = () => world.steady;
  const clock = new ClockJump(now, steady);
  const jobsOver = (over: Store, using = keyring) =>
    new DueJobs({
      store: over,
      keyring: using,
      ram,
      trail,
      now,
      steady,
      isClockDoubted: () => clock.isDoubted(),
      newId: () => String(++ids),
      onFailure: (error) => world.failures.push(error),
    });
  const stored = async (changes: Partial<Key>): Promise<Key> => {
    const key = sampleKey(changes);
    const { primaryVersionId: keyVersionId } = key;
    const version = keyVersionId === null ? null : sampleVersion(key.keyId, { keyVersionId });
    await store.keys.create(key, version, [], NO_QUOTA);
    return key;
  };
  const rotating = (next: number, changes: Partial<Key> = {}) =>
    stored({
      primaryVersionId: 'first',
      rotationInterval: WEEK_S,
      lastRotationAt: next - 7 * DAY,
      nextRotationAt: next,
      ...changes,
    });
  const of = (keyId: string) => entries.filter((entry) => entry.parameters.KeyId === keyId);
  return { store, ram, world, entries, of, stored, rotating, jobsOver, jobs: jobsOver(store) };
}

test('what is due is done once, under an intent and an entry of one request id', async () => {
  const { jobs, store, stored, rotating, of } = await setUp();
  const destroyed = await stored({ state: 'PendingDeletion', deleteAt: NOW });
  const rotated = await rotating(NOW);
  const erased = await stored({ origin: 'EXTERNAL', primaryVersionId: 'v', materialExpiresAt: NOW });
  const later = [
    await stored({ state: 'PendingDeletion', deleteAt: NOW + 1 }),
    await rotating(NOW + 1),
    await rotating(NOW, { state: 'Disabled' }),
    await stored({ origin: 'EXTERNAL', primaryVersionId: 'v', materialExpiresAt: NOW + 1 }),
  ];
  assert.equal(await jobs.run(), 3);
  assert.equal(await jobs.run(), 0);

  for (const [key, action] of [
    [destroyed, 'DestroyKey'],
    [rotated, 'RotateKey'],
    [erased, 'ExpireKeyMaterial'],
  ] as const) {
    const [intent, done, ...more] = of(key.keyId);
    assert.deepEqual([intent?.kind, intent?.action, more.length], ['intent', action, 0]);
    assert.deepEqual([done?.kind, done?.action, done?.errorCode], ['service', action, undefined]);
    assert.equal(intent?.requestId, done?.requestId);
    assert.deepEqual([done?.time, done?.resources.length], [NOW, 1]);
  }
  assert.equal(await store.keys.find(destroyed.keyId), undefined);
  const fresh = await store.keys.find(rotated.keyId);
  assert.deepEqual([fresh?.lastRotationAt, fresh?.nextRotationAt], [NOW, NOW + 7 * DAY]);
  assert.equal(of(rotated.keyId)[1]?.parameters.KeyVersionId, fresh?.primaryVersionId);
  assert.equal((await store.keys.listVersions(rotated.keyId, FIRST_PAGE)).total, 2);
  const bare = await store.keys.find(erased.keyId);
  const { state, primaryVersionId, materialExpiresAt } = bare ?? assert.fail();
  assert.deepEqual([state, primaryVersionId, materialExpiresAt], ['PendingImport', null, null]);
  assert.equal((await store.keys.findVersion(erased.keyId, 'v'))?.wrappedMaterial, null);
  for (const key of later) assert.deepEqual(await store.keys.find(key.keyId), key);
});

test('nothing is done while its intent cannot be written', async () => {
  const { jobs, store, world, stored, rotating } = await setUp();
  const keys = [await stored({ state: 'PendingDeletion', deleteAt: 0 }), await rotating(0)];
  world.trailFails = true;
  assert.equal(await jobs.run(), 0);
  assert.ok(world.failures.every((error) => error instanceof TrailUnavailable));
  for (const key of keys) assert.deepEqual(await store.keys.find(key.keyId), key);
  world.trailFails = false;
  assert.equal(await jobs.run(), 2);
});

test('a rotation missed many times is made once', async () => {
  const { jobs, store, world, rotating } = await setUp();
  const key = await rotating(NOW - 50 * DAY);
  world.now += 1234;
  assert.equal(await jobs.run(), 1);
  assert.equal((await store.keys.find(key.keyId))?.nextRotationAt, NOW + 1234 + 7 * DAY);
});

test('several servers over one store do each thing once', async () => {
  const { store, entries, rotating, jobsOver } = await setUp();
  const keys = await Promise.all(Array.from({ length: 30 }, () => rotating(NOW)));
  const done = await Promise.all(Array.from({ length: 4 }, () => jobsOver(store).run()));
  assert.equal(
    done.reduce((a, b) => a + b),
    30,
  );
  for (const { keyId } of keys) {
    assert.equal((await store.keys.listVersions(keyId, FIRST_PAGE)).total, 2);
  }
  assert.equal(entries.filter(({ kind }) => kind === 'service').length, 30);
});

test('a lease that a dead server left behind is waited for, and no longer', async () => {
  const { jobs, store, world, rotating } = await setUp();
  await rotating(NOW);
  assert.ok(await store.leases.take('jobs/rotation', 'dead', NOW, 60_000));
  assert.equal(await jobs.run(), 0);
  world.now += 60_000;
  assert.equal(await jobs.run(), 1);
});

test('a key that cannot be rotated does not hold up the others, nor fill the trail', async () => {
  const { jobs, world, of, rotating } = await setUp();
  const broken = await rotating(NOW - DAY, { protectionLevel: 'HSM' });
  const key = await rotating(NOW);
  assert.equal(await jobs.run(), 1);
  assert.equal(of(key.keyId).length, 2);
  for (let i = 0; i < 100; i++) await jobs.run();
  assert.deepEqual(
    of(broken.keyId).map(({ kind, errorCode }) => [kind, errorCode]),
    [
      ['intent', undefined],
      ['service', 'InternalFailure'],
    ],
  );
  assert.match(String(world.failures[0]), /HSM, which is not set up/);
  world.steady += 600_000;
  await jobs.run();
  assert.equal(of(broken.keyId).length, 4, 'it is tried again');
});

test('many keys of a token that is away do not hold up those in software, nor fill the trail', async () => {
  const { jobs, world, entries, of, rotating } = await setUp();
  for (let i = 0; i < 1100; i++) await rotating(NOW - DAY, { protectionLevel: 'HSM' });
  const first = await rotating(NOW);
  for (let i = 0; i < 20; i++) await jobs.run();
  assert.equal(of(first.keyId).length, 2);
  assert.equal(entries.length, 2 * 1000 + 2, 'so many fail, and no more');
  const second = await rotating(NOW);
  world.steady += 1000;
  await jobs.run();
  assert.equal(of(second.keyId).length, 2);
});

test('material that has expired is gone once the store has let go of it, also where the token fails', async () => {
  const { store, world, of, stored, jobsOver } = await setUp();
  const uses = new VersionUses(store.keys, () => world.now);
  const failure = new Error('on purpose');
  const token = { ...softwareToken(), list: () => Promise.reject(failure) };
  const keyring = new Keyring(
    { HSM: new TokenEngine(token, domainKey, ['cn-hangzhou'], () => world.now) },
    store.keys,
    uses,
  );
  const { keyId } = await stored({
    protectionLevel: 'HSM',
    origin: 'EXTERNAL',
    primaryVersionId: 'v',
    materialExpiresAt: NOW,
  });
  const jobs = jobsOver(store, keyring);
  assert.equal(await jobs.run(), 1);
  assert.equal(await jobs.run(), 0);
  assert.deepEqual(
    of(keyId).map(({ kind, errorCode }) => [kind, errorCode]),
    [
      ['intent', undefined],
      ['service', undefined],
    ],
  );
  assert.deepEqual(world.failures, [failure], 'the operator is told');
});

test('a key that is changed at the last moment is left as it is', async () => {
  const { store, of, stored, jobsOver } = await setUp();
  const key = await stored({ state: 'PendingDeletion', deleteAt: NOW });
  const rescued = { ...key, revision: 2, state: 'Enabled', deleteAt: null } as const;
  const late: Store = {
    ...store,
    keys: {
      ...store.keys,
      async destroyDue(keyIds, now) {
        await store.keys.replace(rescued);
        return store.keys.destroyDue(keyIds, now);
      },
    },
  };
  assert.equal(await jobsOver(late).run(), 0);
  assert.deepEqual(await store.keys.find(key.keyId), rescued);
  assert.equal(of(key.keyId)[1]?.errorCode, 'Rejected.StateModifiedFailed');
});

test('after a jump of the clock what is final waits an hour, and what is not goes on', async () => {
  const { jobs, store, world, stored, rotating } = await setUp();
  const doomed = await stored({ state: 'PendingDeletion', deleteAt: NOW + 30 * DAY });
  await stored({ origin: 'EXTERNAL', primaryVersionId: 'v', materialExpiresAt: NOW + DAY });
  await rotating(NOW + DAY);
  assert.equal(await jobs.run(), 0);
  world.now += 31 * DAY;
  assert.equal(await jobs.run(), 1);
  assert.deepEqual(await store.keys.find(doomed.keyId), doomed);
  world.now += 3_600_000;
  world.steady += 3_600_000;
  assert.equal(await jobs.run(), 2);
});

test('a clock set back costs one rotation, not a year without any', async () => {
  const { jobs, store, world, rotating } = await setUp();
  const key = await rotating(NOW);
  world.now += 365 * DAY;
  assert.equal(await jobs.run(), 1);
  world.now -= 365 * DAY;
  assert.equal(await jobs.run(), 1);
  assert.equal(await jobs.run(), 0);
  const { lastRotationAt, nextRotationAt } = (await store.keys.find(key.keyId)) ?? assert.fail();
  assert.deepEqual([lastRotationAt, nextRotationAt], [NOW, NOW + 7 * DAY]);
});

test('more than one batch is done in one run', async () => {
  const { jobs, store, stored } = await setUp();
  for (let i = 0; i < 230; i++) await stored({ state: 'PendingDeletion', deleteAt: i });
  assert.equal(await jobs.run(), 230);
  assert.deepEqual(await store.keys.listDue('destruction', NOW, 10), []);
});

test('the policy of a destroyed key goes with it, and no other', async () => {
  const { store, ram, stored, jobs } = await setUp();
  const due = await stored({ state: 'PendingDeletion', deleteAt: 0 });
  const other = await stored({});
  const { accountId } = due;
  const fields = { accessKeyId: 'LTAI', accountId, owner: 'root', status: 'Active', createdAt: 0 } as const;
  const accessKey = sealAccessKey(domainKey, fields, new SecretBytes(Buffer.from('secret')));
  await store.accounts.create(sampleAccount({ accountId }), accessKey);
  const document = '{}';
  await ram.change(due.accountId, () => ({
    result: undefined,
    put: [due, other].map(({ keyId }) => ['key-policy', { keyId, document, updatedAt: 0 }] as const),
  }));
  await jobs.run();
  const directory = await ram.get(due.accountId);
  assert.deepEqual(
    [directory.keyPolicyText(due.keyId), directory.keyPolicyText(other.keyId)],
    [undefined, document],
  );
});
