import assert from 'node:assert/strict';
import { KeyGone } from '../store.ts';
import {
  FIRST_PAGE,
  HOME,
  NO_QUOTA,
  OTHER_REGION,
  sampleAlias,
  sampleKey,
  sampleVersion,
} from './samples.ts';
import type { StoreTest } from './store-test.ts';

const pending = { state: 'PendingDeletion' } as const;

export function destructionConformance(test: StoreTest): void {
  test('a key that is due goes with versions, aliases and tags; others stay', async (store) => {
    const gone = sampleKey({ ...pending, deleteAt: 1000 });
    const stays = sampleKey({ ...pending, deleteAt: 1001 });
    const tag = { tagKey: 't', tagValue: 'v' };
    const versions = [gone, stays].map((key) => sampleVersion(key.keyId));
    for (const [i, key] of [gone, stays].entries()) {
      await store.keys.create(key, versions[i] ?? null, [tag], NO_QUOTA);
      await store.aliases.create(sampleAlias(key.keyId, `alias/${i}`), NO_QUOTA);
      await store.aliases.create(sampleAlias(key.keyId, `alias/far/${i}`, OTHER_REGION), NO_QUOTA);
      // Looked at first, so that a cache has something to forget.
      await store.keys.find(key.keyId);
      await store.aliases.find(HOME, `alias/${i}`);
      await store.keys.findVersion(key.keyId, versions[i]?.keyVersionId ?? '');
    }
    assert.deepEqual(await store.keys.listDue('destruction', 999, 10), []);
    assert.deepEqual(await store.keys.listDue('destruction', 1000, 10), [gone]);
    const ids = [gone.keyId, stays.keyId, 'none'];
    assert.deepEqual(await store.keys.destroyDue(ids, 999), []);
    assert.deepEqual(await store.keys.destroyDue([stays.keyId], 1000), []);
    assert.deepEqual(await store.keys.destroyDue([], 1000), []);
    assert.deepEqual(await store.keys.destroyDue(ids, 1000), [gone]);
    assert.deepEqual(await store.keys.destroyDue(ids, 1000), []);

    assert.equal(await store.keys.find(gone.keyId), undefined);
    assert.equal(await store.keys.findVersion(gone.keyId, versions[0]?.keyVersionId ?? ''), undefined);
    assert.equal((await store.keys.listVersions(gone.keyId, FIRST_PAGE)).total, 0);
    assert.equal(await store.aliases.find(HOME, 'alias/0'), undefined);
    assert.equal((await store.aliases.listOfKey(gone.keyId, FIRST_PAGE)).total, 0);
    assert.deepEqual(await store.tags.list(gone.keyId), []);
    assert.equal(await store.keys.replace({ ...gone, revision: 2 }), 'conflict');

    assert.deepEqual(await store.keys.find(stays.keyId), stays);
    assert.deepEqual(await store.keys.findVersion(stays.keyId, versions[1]?.keyVersionId ?? ''), versions[1]);
    assert.equal((await store.aliases.find(HOME, 'alias/1'))?.keyId, stays.keyId);
    assert.deepEqual(await store.tags.list(stays.keyId), [tag]);
    assert.equal((await store.keys.list(HOME, [], FIRST_PAGE)).total, 1);
    assert.equal((await store.aliases.list(HOME, FIRST_PAGE)).total, 1);
    assert.equal((await store.aliases.list(OTHER_REGION, FIRST_PAGE)).total, 1);
  });

  test('destruction makes room in the quota and frees the alias name', async (store) => {
    const gone = sampleKey({ ...pending, deleteAt: 1 });
    await store.keys.create(gone, null, [], 1);
    await store.aliases.create(sampleAlias(gone.keyId, 'alias/a'), 1);
    const next = sampleKey();
    assert.equal(await store.keys.create(next, null, [], 1), 'quota');
    await store.keys.destroyDue([gone.keyId], 1);
    assert.equal(await store.keys.create(next, null, [], 1), 'created');
    assert.equal(await store.aliases.create(sampleAlias(next.keyId, 'alias/a'), 1), 'created');
  });

  test('the longest due go first, as many as asked', async (store) => {
    for (const deleteAt of [3, 1, 2]) {
      await store.keys.create(sampleKey({ ...pending, keyId: `k${deleteAt}`, deleteAt }), null, [], NO_QUOTA);
    }
    const dueAt = async (now: number, limit: number) =>
      (await store.keys.listDue('destruction', now, limit)).map((key) => key.keyId);
    assert.deepEqual(await dueAt(9, 2), ['k1', 'k2']);
    assert.deepEqual(await dueAt(2, 9), ['k1', 'k2']);
    await store.keys.destroyDue(['k1', 'k2'], 9);
    assert.deepEqual(await dueAt(9, 2), ['k3']);
  });

  test('a destroyed key gets no alias and no tag', async (store) => {
    const gone = sampleKey({ ...pending, deleteAt: 1 });
    const stays = sampleKey();
    await store.keys.create(gone, null, [], NO_QUOTA);
    await store.keys.create(stays, null, [], NO_QUOTA);
    await store.aliases.create(sampleAlias(stays.keyId, 'alias/stays'), NO_QUOTA);
    await store.keys.destroyDue([gone.keyId], 1);
    const tag = { tagKey: 'a', tagValue: 'b' };
    await assert.rejects(store.aliases.create(sampleAlias(gone.keyId, 'alias/gone'), NO_QUOTA), KeyGone);
    await assert.rejects(store.aliases.retarget(HOME, 'alias/stays', gone.keyId), KeyGone);
    await assert.rejects(store.tags.set([stays.keyId, gone.keyId], [tag], 20), KeyGone);
    assert.deepEqual(await store.tags.list(stays.keyId), []);
    assert.equal((await store.aliases.find(HOME, 'alias/stays'))?.keyId, stays.keyId);
    assert.equal((await store.aliases.list(HOME, FIRST_PAGE)).total, 1);
    await store.tags.remove([gone.keyId], 'all');
  });
}
