import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mock, test } from 'node:test';
import { softwareToken } from '../hsm/software-token.ts';
import { TokenUnavailable } from '../hsm/token.ts';
import { DomainKey } from '../keys/domain-key.ts';
import type { Key } from '../keys/key.ts';
import { TokenEngine } from '../keys/token-engine.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { NO_QUOTA, sampleKey } from '../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import { TokenSweep } from './sweep-token.ts';

const openStore = emptyStores(testDirectory());
const HOUR = 3_600_000;

async function setUp() {
  const { store } = await openStore();
  const real = softwareToken();
  const world = { now: 1000 * HOUR, told: [] as string[], up: true, doubted: false, destroy: real.destroy };
  const token = { ...real, health: () => ({ ...real.health(), up: world.up }) };
  const domainKey = new DomainKey(new SecretBytes(Buffer.alloc(32, 7)));
  const engine = new TokenEngine(token, domainKey, ['cn-hangzhou'], () => world.now);
  const sweep = new TokenSweep({
    token,
    engine,
    keys: store.keys,
    now: () => world.now,
    isClockDoubted: () => world.doubted,
    onOrphans: (labels) => world.told.push(...labels),
  });
  const made = async (key: Key, keyVersionId = key.primaryVersionId ?? '') => {
    const wrappedMaterial = await engine.generate(key, keyVersionId);
    const label = engine.labelOf(key, keyVersionId, wrappedMaterial);
    return {
      label,
      row: { keyId: key.keyId, keyVersionId, createdAt: 0, wrappedMaterial, fingerprint: null },
    };
  };
  const stored = async () => {
    const key = sampleKey({ protectionLevel: 'HSM', primaryVersionId: randomUUID() });
    const version = await made(key);
    await store.keys.create(key, version.row, [], NO_QUOTA);
    return { key, ...version };
  };
  const labels = async () => new Set(await token.list(''));
  /** Of keys that are gone, so many, by key id. */
  const condemned = async (count: number) => {
    const keys = Array.from({ length: count }, (_, at) =>
      sampleKey({
        keyId: `${String(at).padStart(8, '0')}${randomUUID().slice(8)}`,
        protectionLevel: 'HSM',
        state: 'PendingDeletion',
        deleteAt: 1,
      }),
    );
    const kept: string[] = [];
    for (const key of keys) {
      await store.keys.create(key, null, [], NO_QUOTA);
      kept.push((await made(key, 'v')).label);
    }
    await store.keys.destroyDue(
      keys.map(({ keyId }) => keyId),
      1,
    );
    return { keys, kept };
  };
  return { store, world, token, engine, sweep, made, stored, condemned, labels };
}

test('keys that no row names are told of once, and never destroyed', async () => {
  const { store, world, token, sweep, made, stored, labels } = await setUp();
  const { key } = await stored();
  const rotated = await made(key, randomUUID());
  await store.keys.replaceWithVersion({ ...key, revision: 2 }, rotated.row, NO_QUOTA);
  const lostVersion = await made({ ...key, revision: 2 }, randomUUID());
  const lostKey = await made(sampleKey({ protectionLevel: 'HSM' }), randomUUID());
  for (const foreign of [`keyhold-root/${randomUUID()}`, 'somebody else', `keyhold/0123456789abcdef/key/x`]) {
    await token.makeKey(foreign.replaceAll(' ', '-'), 256);
  }
  const all = await labels();
  for (let runs = 0; runs < 3; runs++) {
    assert.equal(await sweep.run(), 0);
    world.now += 10_000 * HOUR;
  }
  assert.deepEqual(world.told.toSorted(), [lostVersion.label, lostKey.label].toSorted());
  assert.deepEqual(await labels(), all);
});

test('nothing is told of a key while one of its rows does not say what it names', async () => {
  const { store, world, sweep, made, stored, labels } = await setUp();
  const { key } = await stored();
  const { row } = await made(key, randomUUID());
  const wrappedMaterial = Buffer.from(row.wrappedMaterial.map((byte) => byte ^ 1));
  await store.keys.replaceWithVersion({ ...key, revision: 2 }, { ...row, wrappedMaterial }, NO_QUOTA);
  const all = await labels();
  assert.equal(await sweep.run(), 0);
  assert.deepEqual([await labels(), world.told], [all, []]);
});

test('more versions than one look at the store', async () => {
  const { store, world, sweep, made, stored, labels } = await setUp();
  const { key } = await stored();
  for (let revision = 2; revision < 250; revision++) {
    const { row } = await made(key, randomUUID());
    await store.keys.replaceWithVersion({ ...key, revision }, row, NO_QUOTA);
  }
  const all = await labels();
  assert.equal(await sweep.run(), 0);
  assert.deepEqual([await labels(), world.told], [all, []]);
});

test('pairs go when their 24 hours are over', async () => {
  const { world, engine, sweep, stored, labels } = await setUp();
  const { key } = await stored();
  await engine.makeWrapping(key, 'RSA_2048', 'RSAES_OAEP_SHA_1');
  world.now += 24 * HOUR - 1;
  assert.equal(await sweep.run(), 0);
  world.now += 1;
  world.doubted = true;
  assert.equal(await sweep.run(), 0);
  world.doubted = false;
  assert.equal(await sweep.run(), 1);
  assert.equal((await labels()).size, 1);
});

test('what a server that ended had condemned, the next one destroys; what was made later stays', async () => {
  const { store, token, sweep, made, stored, labels } = await setUp();
  const { key } = await stored();
  const { keyId } = key;
  const doomed = sampleKey({ protectionLevel: 'HSM', state: 'PendingDeletion', deleteAt: 1 });
  const { label } = await made(doomed, randomUUID());
  await store.keys.create(doomed, null, [], NO_QUOTA);
  const bare = { ...(await made(key)).row, wrappedMaterial: null };
  await store.keys.destroyDue([doomed.keyId], 1);
  await store.keys.replaceWithVersion({ ...key, revision: 2 }, bare, NO_QUOTA);
  const later = await made({ ...key, revision: 2 });
  assert.ok((await token.list('')).includes(label));
  await sweep.erase();
  assert.deepEqual(await labels(), new Set([later.label]));
  assert.deepEqual(await store.keys.listCondemned(9), []);
  assert.ok(await store.keys.find(keyId));
});

test('what cannot be destroyed is told of and stays condemned, and keeps nothing else', async () => {
  const { store, world, token, sweep, condemned, labels } = await setUp();
  const { keys, kept } = await condemned(3);
  world.up = false;
  await sweep.erase();
  assert.equal((await labels()).size, 3);
  world.up = true;
  const destroy = mock.method(token, 'destroy', async (label: string) => {
    if (label === kept[0]) throw new Error('it is write protected');
    await world.destroy(label);
  });
  await assert.rejects(sweep.erase(), /write protected/);
  assert.deepEqual(await labels(), new Set(kept.slice(0, 1)));
  assert.deepEqual(await store.keys.listCondemned(9), [{ keyId: keys[0]?.keyId, revision: 1 }]);
  destroy.mock.restore();
  await sweep.run();
  assert.deepEqual([await labels(), world.told], [new Set(), []]);
});

test('many that the token keeps do not keep the others, nor pairs and what no row names', async () => {
  const { world, token, engine, sweep, made, condemned, labels } = await setUp();
  const { kept } = await condemned(250);
  const stubborn = new Set(kept.slice(0, 249));
  await engine.makeWrapping(sampleKey(), 'RSA_2048', 'RSAES_OAEP_SHA_1');
  world.now += 25 * HOUR;
  const orphan = await made(sampleKey({ protectionLevel: 'HSM' }), 'v');
  mock.method(token, 'destroy', async (label: string) => {
    if (stubborn.has(label)) throw new Error('it is write protected');
    await world.destroy(label);
  });
  await assert.rejects(sweep.run(), /write protected/);
  assert.deepEqual(await labels(), new Set([...stubborn, orphan.label]));
  assert.ok(world.told.includes(orphan.label));
});

test('a token that goes away meanwhile is not asked for each', async () => {
  const { token, sweep, condemned } = await setUp();
  await condemned(3);
  const asked = mock.method(token, 'list', () => Promise.reject(new TokenUnavailable('it went')));
  await assert.rejects(sweep.erase(), /it went/);
  assert.equal(asked.mock.callCount(), 1);
});

test('another token of the same name, with nothing of this server, does not count as asked', async () => {
  const { store, token, sweep, condemned, labels } = await setUp();
  await condemned(1);
  const another = softwareToken();
  const { list } = token;
  mock.method(token, 'list', (prefix: string) => another.list(prefix));
  await sweep.erase();
  assert.equal((await store.keys.listCondemned(9)).length, 1);
  mock.method(token, 'list', list);
  await sweep.erase();
  assert.deepEqual([await labels(), await store.keys.listCondemned(9)], [new Set(), []]);
});

test('a database that was put back destroys nothing that it did not condemn itself', async () => {
  const { store, world, sweep, made, labels } = await setUp();
  // As it was when the backup was made: one condemned. What came to the key later, it knows nothing of.
  const key = sampleKey({ protectionLevel: 'HSM', revision: 5 });
  await store.keys.create(key, null, [], NO_QUOTA);
  const { row } = await made(key, 'v');
  await store.keys.replaceWithVersion({ ...key, revision: 6 }, { ...row, wrappedMaterial: null }, NO_QUOTA);
  const later = await made({ ...key, revision: 6 }, 'v');
  const unknown = await made(sampleKey({ protectionLevel: 'HSM' }), 'v');
  await sweep.run();
  const left = [later.label, unknown.label];
  assert.deepEqual([await labels(), new Set(world.told)], [new Set(left), new Set(left)]);
});

test('a token that is away is left for another time', async () => {
  const { world, engine, sweep, made } = await setUp();
  await engine.makeWrapping(sampleKey(), 'RSA_2048', 'RSAES_OAEP_SHA_1');
  await made(sampleKey(), 'v');
  world.now += 25 * HOUR;
  world.up = false;
  assert.equal(await sweep.run(), 0);
  world.up = true;
  assert.equal(await sweep.run(), 1);
});
