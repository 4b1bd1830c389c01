import assert from 'node:assert/strict';
import {
  FIRST_PAGE,
  HOME,
  HOSTILE_TEXTS,
  NO_QUOTA,
  OTHER_REGION,
  sampleAlias,
  storedKey,
} from './samples.ts';
import type { StoreTest } from './store-test.ts';

export function aliasesConformance(test: StoreTest): void {
  test('an alias is unique in its home and comes back as stored', async (store) => {
    const [key, other] = [await storedKey(store), await storedKey(store)];
    const alias = sampleAlias(key.keyId, 'alias/a', { createdAt: 77 });
    assert.equal(await store.aliases.find(HOME, 'alias/a'), undefined);
    assert.equal(await store.aliases.create(alias, 10), 'created');
    assert.equal(await store.aliases.create({ ...alias, keyId: other.keyId }, 10), 'exists');
    assert.deepEqual(await store.aliases.find(HOME, 'alias/a'), alias);
    assert.equal(await store.aliases.find(OTHER_REGION, 'alias/a'), undefined);
    assert.equal(await store.aliases.find(HOME, 'alias/A'), undefined);
    assert.equal(await store.aliases.create({ ...alias, ...OTHER_REGION }, 10), 'created');
  });

  test('retargeting and deleting are seen at once', async (store) => {
    const [key, other] = [await storedKey(store), await storedKey(store)];
    assert.equal(await store.aliases.retarget(HOME, 'alias/a', key.keyId), 'missing');
    assert.equal(await store.aliases.delete(HOME, 'alias/a'), 'missing');
    const alias = sampleAlias(key.keyId, 'alias/a');
    await store.aliases.create(alias, NO_QUOTA);
    assert.deepEqual(await store.aliases.find(HOME, 'alias/a'), alias);
    assert.equal(await store.aliases.retarget(HOME, 'alias/a', other.keyId), 'retargeted');
    assert.deepEqual(await store.aliases.find(HOME, 'alias/a'), { ...alias, keyId: other.keyId });
    assert.equal((await store.aliases.listOfKey(key.keyId, FIRST_PAGE)).total, 0);
    assert.equal((await store.aliases.listOfKey(other.keyId, FIRST_PAGE)).total, 1);
    assert.equal(await store.aliases.delete(HOME, 'alias/a'), 'deleted');
    assert.equal(await store.aliases.find(HOME, 'alias/a'), undefined);
    assert.equal((await store.aliases.list(HOME, FIRST_PAGE)).total, 0);
  });

  test('the quota holds under concurrency and counts deletions', async (store) => {
    const { keyId } = await storedKey(store);
    const names = Array.from({ length: 50 }, (_, i) => `alias/${i}`);
    const outcomes = await Promise.all(
      names.map((name) => store.aliases.create(sampleAlias(keyId, name), 10)),
    );
    assert.equal(outcomes.filter((outcome) => outcome === 'created').length, 10);
    const taken = names[outcomes.indexOf('created')] ?? '';
    assert.equal(await store.aliases.create(sampleAlias(keyId, taken), 10), 'exists');
    assert.equal(await store.aliases.delete(HOME, taken), 'deleted');
    assert.equal(await store.aliases.create(sampleAlias(keyId, taken), 10), 'created');
    assert.equal(await store.aliases.create(sampleAlias(keyId, 'alias/more'), 10), 'quota');
  });

  test('of many that want one name, one gets it', async (store) => {
    const { keyId } = await storedKey(store);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => store.aliases.create(sampleAlias(keyId, 'alias/one'), NO_QUOTA)),
    );
    assert.equal(outcomes.filter((outcome) => outcome === 'created').length, 1);
    assert.equal(outcomes.filter((outcome) => outcome === 'exists').length, 19);
    assert.equal((await store.aliases.list(HOME, FIRST_PAGE)).total, 1);
  });

  test('aliases are listed by name in byte order, page by page', async (store) => {
    const { keyId } = await storedKey(store);
    const names = ['alias/b', 'alias/B', 'alias/a_', 'alias/a-', 'alias/é', 'alias/🔑', 'alias/ﬀ', 'alias/a'];
    for (const [createdAt, name] of names.entries()) {
      await store.aliases.create(sampleAlias(keyId, name, { createdAt }), NO_QUOTA);
    }
    const bytewise = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const list of [
      (page: typeof FIRST_PAGE) => store.aliases.list(HOME, page),
      (page: typeof FIRST_PAGE) => store.aliases.listOfKey(keyId, page),
    ]) {
      const paged: string[] = [];
      for (let offset = 0; offset < 9; offset += 3) {
        const page = await list({ offset, limit: 3 });
        assert.equal(page.total, 8);
        paged.push(...page.rows.map((alias) => alias.aliasName));
      }
      assert.deepEqual(paged, bytewise);
    }
  });

  test('hostile names are only names', async (store) => {
    const { keyId } = await storedKey(store);
    for (const text of HOSTILE_TEXTS) {
      const alias = sampleAlias(keyId, text);
      assert.equal(await store.aliases.create(alias, NO_QUOTA), 'created');
      assert.deepEqual(await store.aliases.find(HOME, text), alias);
      const filter = { field: 'AliasName', values: [text] } as const;
      assert.equal((await store.keys.list(HOME, [filter], FIRST_PAGE)).total, 1);
      assert.equal(await store.aliases.retarget(HOME, text, keyId), 'retargeted');
      assert.equal(await store.aliases.delete(HOME, text), 'deleted');
    }
    assert.notEqual(await store.keys.find(keyId), undefined);
  });
}
