import assert from 'node:assert/strict';
import type { Key, ProtectionLevel } from '../../keys/key.ts';
import type { DueFor, Store } from '../store.ts';
import { FIRST_PAGE, NO_QUOTA, OTHER_REGION, sampleKey, sampleVersion, storedKey } from './samples.ts';
import type { StoreTest } from './store-test.ts';

const DAY = 86_400_000;
const next = (key: Key, changes: Partial<Key> = {}): Key => ({
  ...key,
  ...changes,
  revision: key.revision + 1,
});

export function keyVersionsConformance(test: StoreTest): void {
  test('a version and the change of its key are stored together, or not at all', async (store) => {
    const key = sampleKey({ primaryVersionId: 'a' });
    const first = sampleVersion(key.keyId, { keyVersionId: 'a', createdAt: 1 });
    await store.keys.create(key, first, [], NO_QUOTA);
    const second = sampleVersion(key.keyId, { keyVersionId: 'b', createdAt: 2 });
    const rotated = next(key, { primaryVersionId: 'b', lastRotationAt: 2 });
    assert.equal(await store.keys.replaceWithVersion({ ...rotated, revision: 3 }, second, 10), 'conflict');
    assert.equal(
      await store.keys.replaceWithVersion({ ...rotated, ...OTHER_REGION }, second, 10),
      'conflict',
    );
    assert.deepEqual(await store.keys.find(key.keyId), key);
    assert.deepEqual((await store.keys.listVersions(key.keyId, FIRST_PAGE)).rows, [first]);

    assert.equal(await store.keys.replaceWithVersion(rotated, second, 10), 'replaced');
    assert.deepEqual(await store.keys.find(key.keyId), rotated);
    assert.deepEqual((await store.keys.listVersions(key.keyId, FIRST_PAGE)).rows, [first, second]);
    assert.equal(await store.keys.replaceWithVersion(rotated, second, 10), 'conflict');
  });

  test('material goes and comes back, what else is known of its version stays', async (store) => {
    const key = sampleKey();
    const version = sampleVersion(key.keyId, { fingerprint: new Uint8Array(32).fill(1) });
    await store.keys.create(key, version, [], NO_QUOTA);
    assert.deepEqual(await store.keys.findVersion(key.keyId, version.keyVersionId), version);
    const bare = { ...version, wrappedMaterial: null };
    assert.equal(await store.keys.replaceWithVersion(next(key), bare, 1), 'replaced');
    assert.deepEqual(await store.keys.findVersion(key.keyId, version.keyVersionId), bare);
    const again = { ...version, wrappedMaterial: new Uint8Array([5]) };
    assert.equal(await store.keys.replaceWithVersion(next(next(key)), again, 1), 'replaced');
    assert.deepEqual(await store.keys.findVersion(key.keyId, version.keyVersionId), again);
  });

  test('of many that add a version to one revision, one does, and one is counted', async (store) => {
    const key = await storedKey(store);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () =>
        store.keys.replaceWithVersion(next(key), sampleVersion(key.keyId), NO_QUOTA),
      ),
    );
    assert.equal(outcomes.filter((outcome) => outcome === 'replaced').length, 1);
    assert.equal((await store.keys.listVersions(key.keyId, FIRST_PAGE)).total, 1);
    const more = await store.keys.find(key.keyId);
    assert.ok(more);
    assert.equal(await store.keys.replaceWithVersion(next(more), sampleVersion(key.keyId), 1), 'quota');
    assert.equal(await store.keys.replaceWithVersion(next(more), sampleVersion(key.keyId), 2), 'replaced');
  });

  test('the quota of versions counts every version of the home, until its key is destroyed', async (store) => {
    const gone = sampleKey({ state: 'PendingDeletion', deleteAt: 1 });
    await store.keys.create(gone, sampleVersion(gone.keyId), [], NO_QUOTA);
    const key = sampleKey();
    await store.keys.create(key, sampleVersion(key.keyId), [], NO_QUOTA);
    const far = await storedKey(store, OTHER_REGION);
    assert.equal(await store.keys.replaceWithVersion(next(far), sampleVersion(far.keyId), 1), 'replaced');
    const added = () => store.keys.replaceWithVersion(next(key), sampleVersion(key.keyId), 2);
    assert.equal(await added(), 'quota');
    assert.deepEqual(await store.keys.find(key.keyId), key);
    await store.keys.destroyDue([gone.keyId], 1);
    assert.equal(await added(), 'replaced');
  });

  test('what is due is listed from its time on, the longest due first', async (store) => {
    const made = (changes: Partial<Key>) => storedKey(store, changes);
    await made({ keyId: 'none' });
    for (const at of [3, 1, 2]) {
      await made({ keyId: `rotate${at}`, rotationInterval: 1, nextRotationAt: at, lastRotationAt: 0 });
      await made({ keyId: `erase${at}`, origin: 'EXTERNAL', materialExpiresAt: at });
      await made({ keyId: `destroy${at}`, state: 'PendingDeletion', deleteAt: at });
    }
    await made({
      keyId: 'off',
      state: 'Disabled',
      rotationInterval: 1,
      nextRotationAt: 1,
      lastRotationAt: 0,
    });
    await made({
      keyId: 'leaving',
      state: 'PendingDeletion',
      deleteAt: 9,
      materialExpiresAt: 2,
      nextRotationAt: 1,
    });
    assert.equal(await due(store, 'rotation', 0), '');
    assert.equal(await due(store, 'rotation', 2), 'rotate1 rotate2');
    assert.equal(await due(store, 'rotation', 9, 2), 'rotate1 rotate2');
    assert.equal(await due(store, 'erasure', 1), 'erase1');
    assert.equal(await due(store, 'erasure', 3), 'erase1 erase2 leaving erase3');
    assert.equal(await due(store, 'destruction', 2), 'destroy1 destroy2');
  });

  test('what is due is listed of one level alone, where that is asked for', async (store) => {
    const rotated = { rotationInterval: 1, lastRotationAt: 0 };
    for (const [at, protectionLevel] of [
      [1, 'HSM'],
      [2, 'SOFTWARE'],
      [3, 'HSM'],
    ] as const) {
      await storedKey(store, { keyId: `rotate${at}`, protectionLevel, nextRotationAt: at, ...rotated });
    }
    const idsOf = async (level: ProtectionLevel, limit = 10) =>
      (await store.keys.listDue('rotation', 9, limit, level)).map(({ keyId }) => keyId);
    assert.deepEqual(await idsOf('SOFTWARE', 1), ['rotate2']);
    assert.deepEqual(await idsOf('HSM'), ['rotate1', 'rotate3']);
  });

  test('a rotation more than a day ahead was made by a clock that is back', async (store) => {
    const rotated = { rotationInterval: 1, lastRotationAt: DAY + 1000, nextRotationAt: 9 * DAY };
    await storedKey(store, { keyId: 'ahead', ...rotated });
    await storedKey(store, { keyId: 'unmanaged', lastRotationAt: 9 * DAY });
    assert.equal(await due(store, 'rotation', 1000), '');
    assert.equal(await due(store, 'rotation', 999), 'ahead');
  });

  test('uses are noted for the versions there are, and never backwards', async (store) => {
    const key = sampleKey();
    const version = sampleVersion(key.keyId, { keyVersionId: 'v' });
    await store.keys.create(key, version, [], NO_QUOTA);
    assert.deepEqual(await store.keys.lastUses(key.keyId), []);
    const use = (usedAt: number, keyVersionId = 'v') => ({ keyId: key.keyId, keyVersionId, usedAt });
    await store.keys.noteUses([use(5), use(5, 'none'), { ...use(5), keyId: 'none' }]);
    assert.deepEqual(await store.keys.lastUses(key.keyId), [use(5)]);
    await store.keys.noteUses([use(4)]);
    assert.deepEqual(await store.keys.lastUses(key.keyId), [use(5)]);
    await store.keys.noteUses([use(6), use(7)]);
    assert.deepEqual(await store.keys.lastUses(key.keyId), [use(7)]);
    assert.deepEqual(await store.keys.findVersion(key.keyId, 'v'), version);
    await store.keys.replaceWithVersion(next(key), { ...version, wrappedMaterial: null }, NO_QUOTA);
    assert.deepEqual(await store.keys.lastUses(key.keyId), [use(7)], 'a version keeps it');
    await store.keys.noteUses([]);
  });
}

async function due(store: Store, what: DueFor, now: number, limit = 10): Promise<string> {
  const keys = await store.keys.listDue(what, now, limit);
  return keys.map(({ keyId }) => keyId).join(' ');
}
