import assert from 'node:assert/strict';
import type { Home, Store, Tag, TaggedKey } from '../store.ts';
import { HOME, HOSTILE_TEXTS, OTHER_REGION, storedKey } from './samples.ts';
import type { StoreTest } from './store-test.ts';

const tag = (tagKey: string, tagValue = ''): Tag => ({ tagKey, tagValue });
const manyTags = (count: number, prefix = 't') =>
  Array.from({ length: count }, (_, i) => tag(`${prefix}${i}`));

export function tagsConformance(test: StoreTest): void {
  test('setting adds and overwrites, removing removes, listing is in byte order', async (store) => {
    const { keyId } = await storedKey(store);
    assert.equal(await store.tags.set([keyId], [tag('b', '1'), tag('a'), tag('B')], 20), 'set');
    assert.equal(await store.tags.set([keyId], [tag('b', '2')], 20), 'set');
    assert.deepEqual(await store.tags.list(keyId), [tag('B'), tag('a'), tag('b', '2')]);
    await store.tags.remove([keyId], ['a', 'never']);
    assert.deepEqual(await store.tags.list(keyId), [tag('B'), tag('b', '2')]);
    await store.tags.remove([keyId], []);
    assert.equal((await store.tags.list(keyId)).length, 2);
    await store.tags.remove([keyId], 'all');
    assert.deepEqual(await store.tags.list(keyId), []);
  });

  test('several keys at once', async (store) => {
    const [one, two, three] = [await storedKey(store), await storedKey(store), await storedKey(store)];
    assert.equal(await store.tags.set([one.keyId, two.keyId, one.keyId], [tag('a'), tag('b')], 2), 'set');
    assert.equal((await store.tags.list(two.keyId)).length, 2);
    assert.equal((await store.tags.list(three.keyId)).length, 0);
    await store.tags.remove([one.keyId, two.keyId], ['a']);
    assert.deepEqual(await store.tags.list(one.keyId), [tag('b')]);
    assert.deepEqual(await store.tags.list(two.keyId), [tag('b')]);
  });

  test('the limit is per key, and all or nothing', async (store) => {
    const [empty, full] = [await storedKey(store), await storedKey(store)];
    await store.tags.set([full.keyId], manyTags(20), 20);
    assert.equal(await store.tags.set([empty.keyId, full.keyId], [tag('one-more')], 20), 'limit');
    assert.deepEqual(await store.tags.list(empty.keyId), []);
    assert.equal(await store.tags.set([empty.keyId, full.keyId], [tag('t3', 'new')], 20), 'set');
    assert.equal((await store.tags.list(full.keyId)).length, 20);
    assert.equal(await store.tags.set([empty.keyId], manyTags(21), 20), 'limit');
    assert.equal(await store.tags.set([empty.keyId], [tag('x', '1'), tag('x', '2')], 2), 'set');
    assert.deepEqual(await store.tags.list(empty.keyId), [tag('t3', 'new'), tag('x', '2')]);
  });

  test('the limit holds under concurrency', async (store) => {
    const { keyId } = await storedKey(store);
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, i) => store.tags.set([keyId], manyTags(2, `${i}-`), 20)),
    );
    assert.equal(outcomes.filter((outcome) => outcome === 'set').length, 10);
    assert.equal((await store.tags.list(keyId)).length, 20);
  });

  test('hostile tags are only tags', async (store) => {
    const { keyId } = await storedKey(store);
    for (const text of HOSTILE_TEXTS) {
      await store.tags.set([keyId], [tag(text, text)], 20);
      assert.deepEqual(await store.tags.list(keyId), [tag(text, text)]);
      const query = { keyIds: [], tags: [tag(text, text)], after: null, limit: 10 };
      assert.deepEqual(await store.tags.search(HOME, query), [{ keyId, ...tag(text, text) }]);
      await store.tags.remove([keyId], [text]);
    }
  });

  test('a search walks home by cursor, restricted by keys and tags', async (store) => {
    const far = await storedKey(store, { ...OTHER_REGION, keyId: 'k0' });
    for (const keyId of ['k2', 'k1', 'k3']) await storedKey(store, { keyId });
    await store.tags.set([far.keyId, 'k1', 'k2', 'k3'], [tag('a', '1')], 20);
    await store.tags.set(['k1', 'k3'], [tag('b', '2')], 20);
    await store.tags.set(['k3'], [tag('a', 'other')], 20);

    const all = 'k1.a=1 k1.b=2 k2.a=1 k3.a=other k3.b=2';
    for (const limit of [1, 2, 3, 100]) assert.equal(await walked(store, HOME, {}, limit), all);
    assert.equal(await walked(store, OTHER_REGION, {}, 2), 'k0.a=1');
    assert.equal(await walked(store, HOME, { keyIds: ['k3', 'k0'] }, 1), 'k3.a=other k3.b=2');
    assert.equal(
      await walked(store, HOME, { tags: [{ tagKey: 'b' }] }, 1),
      'k1.a=1 k1.b=2 k3.a=other k3.b=2',
    );
    assert.equal(await walked(store, HOME, { tags: [tag('a', '1')] }, 2), 'k1.a=1 k1.b=2 k2.a=1');
    assert.equal(
      await walked(store, HOME, { tags: [tag('a', '1'), { tagKey: 'b', tagValue: undefined }] }, 2),
      'k1.a=1 k1.b=2',
    );
    assert.equal(await walked(store, HOME, { keyIds: ['k2'], tags: [tag('b', '2')] }, 2), '');
  });
}

type Search = Parameters<Store['tags']['search']>[1];

async function walked(store: Store, home: Home, query: Partial<Search>, limit: number): Promise<string> {
  const found: TaggedKey[] = [];
  for (;;) {
    const after = found.at(-1) ?? null;
    const rows = await store.tags.search(home, { keyIds: [], tags: [], ...query, after, limit });
    assert.ok(rows.length <= limit);
    found.push(...rows);
    if (rows.length < limit) break;
  }
  return found.map((row) => `${row.keyId}.${row.tagKey}=${row.tagValue}`).join(' ');
}
