import assert from 'node:assert/strict';
import { NO_QUOTA, sampleKey, sampleVersion, storedKey } from './samples.ts';
import type { StoreTest } from './store-test.ts';

const IN_HSM = { protectionLevel: 'HSM' } as const;
const DUE = { state: 'PendingDeletion', deleteAt: 1 } as const;

export function condemnedConformance(test: StoreTest): void {
  test('an HSM key is condemned in the change that destroys it, as it was then, until it is forgotten', async (store) => {
    const key = await storedKey(store, { ...IN_HSM, ...DUE, revision: 7 });
    await storedKey(store, { ...DUE, keyId: 'in software' });
    await storedKey(store, { ...IN_HSM, keyId: 'not due' });
    assert.deepEqual(await store.keys.listCondemned(9), []);
    await store.keys.destroyDue([key.keyId, 'in software', 'not due'], 1);
    const condemned = { keyId: key.keyId, revision: 7 };
    assert.deepEqual(await store.keys.listCondemned(9), [condemned]);
    await store.keys.forgetCondemned(condemned);
    assert.deepEqual(await store.keys.listCondemned(9), []);
    await store.keys.forgetCondemned(condemned);
  });

  test('what was made for an HSM key until its material goes is condemned, and no more', async (store) => {
    const key = sampleKey(IN_HSM);
    const version = sampleVersion(key.keyId);
    const bare = { ...version, wrappedMaterial: null };
    await store.keys.create(key, version, [], NO_QUOTA);
    const at = (revision: number) => ({ ...key, revision });
    assert.equal(await store.keys.replaceWithVersion(at(3), bare, NO_QUOTA), 'conflict');
    assert.equal(await store.keys.replace(at(2)), 'replaced');
    assert.equal(await store.keys.replaceWithVersion(at(3), version, NO_QUOTA), 'replaced');
    assert.deepEqual(await store.keys.listCondemned(9), []);
    await store.keys.replaceWithVersion(at(4), bare, NO_QUOTA);
    assert.deepEqual(await store.keys.listCondemned(9), [{ keyId: key.keyId, revision: 3 }]);

    await store.keys.replaceWithVersion(at(5), version, NO_QUOTA);
    await store.keys.replaceWithVersion(at(6), bare, NO_QUOTA);
    const later = [{ keyId: key.keyId, revision: 5 }];
    assert.deepEqual(await store.keys.listCondemned(9), later);
    await store.keys.forgetCondemned({ keyId: key.keyId, revision: 3 });
    assert.deepEqual(await store.keys.listCondemned(9), later, 'another was condemned since');

    const inSoftware = sampleKey();
    const its = sampleVersion(inSoftware.keyId);
    await store.keys.create(inSoftware, its, [], NO_QUOTA);
    const next = { ...inSoftware, revision: 2 };
    await store.keys.replaceWithVersion(next, { ...its, wrappedMaterial: null }, NO_QUOTA);
    assert.deepEqual(await store.keys.listCondemned(9), later);
  });

  test('of what is condemned, as much is listed as is asked for, by key id', async (store) => {
    const keyIds = ['a', 'b', 'c'];
    for (const keyId of keyIds) await storedKey(store, { ...IN_HSM, ...DUE, keyId });
    await store.keys.destroyDue(keyIds, 1);
    assert.equal((await store.keys.listCondemned(2)).length, 2);
    assert.equal((await store.keys.listCondemned(3)).length, 3);
    const after = async (keyId: string) => (await store.keys.listCondemned(9, keyId)).map((row) => row.keyId);
    assert.deepEqual(await after(''), keyIds);
    assert.deepEqual(await after('a'), ['b', 'c']);
    assert.deepEqual(await after('c'), []);
  });

  test('it knows whether there is an HSM key', async (store) => {
    await storedKey(store);
    assert.equal(await store.keys.hasHsmKeys(), false);
    const { keyId } = await storedKey(store, { ...IN_HSM, ...DUE });
    assert.equal(await store.keys.hasHsmKeys(), true);
    await store.keys.destroyDue([keyId], 1);
    assert.equal(await store.keys.hasHsmKeys(), false);
  });
}
