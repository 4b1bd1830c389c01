import assert from 'node:assert/strict';
import {
  FIRST_PAGE,
  HOME,
  HOSTILE_TEXTS,
  NO_QUOTA,
  OTHER_REGION,
  sampleKey,
  sampleVersion,
  storedKey,
} from './samples.ts';
import type { StoreTest } from './store-test.ts';

export function keysConformance(test: StoreTest): void {
  test('a key comes back as it was stored, with version and tags', async (store) => {
    const key = sampleKey({
      description: 'd'.repeat(8192),
      deleteAt: 1,
      materialExpiresAt: 2 ** 45,
      primaryVersionId: 'v',
      lastRotationAt: 0,
      rotationInterval: 63_072_000,
      nextRotationAt: 2 ** 45 + 1,
      deletionProtection: true,
      deletionProtectionDescription: 'x',
      protectionLevel: 'HSM',
      origin: 'EXTERNAL',
    });
    const version = sampleVersion(key.keyId, {
      wrappedMaterial: new Uint8Array(256).map((_, i) => i),
      fingerprint: new Uint8Array([7, 0]),
    });
    const tags = [
      { tagKey: 'b', tagValue: '2' },
      { tagKey: 'a', tagValue: '' },
    ];
    assert.equal(await store.keys.create(key, version, tags, 1), 'created');
    assert.deepEqual(await store.keys.find(key.keyId), key);
    assert.deepEqual(await store.keys.findVersion(key.keyId, version.keyVersionId), version);
    assert.deepEqual(await store.keys.listVersions(key.keyId, FIRST_PAGE), { total: 1, rows: [version] });
    assert.deepEqual(await store.tags.list(key.keyId), tags.reverse());
  });

  test('what is not there is undefined', async (store) => {
    const key = await storedKey(store);
    const version = sampleVersion('none');
    assert.equal(await store.keys.find('none'), undefined);
    assert.equal(await store.keys.findVersion(key.keyId, version.keyVersionId), undefined);
    assert.deepEqual(await store.keys.listVersions(key.keyId, FIRST_PAGE), { total: 0, rows: [] });
  });

  test('a version belongs to one key', async (store) => {
    const [key, other] = [sampleKey(), sampleKey()];
    const version = sampleVersion(key.keyId);
    await store.keys.create(key, version, [], NO_QUOTA);
    await store.keys.create(other, sampleVersion(other.keyId), [], NO_QUOTA);
    assert.notEqual(await store.keys.findVersion(key.keyId, version.keyVersionId), undefined);
    assert.equal(await store.keys.findVersion(other.keyId, version.keyVersionId), undefined);
  });

  test('hostile and foreign text is only text', async (store) => {
    for (const text of HOSTILE_TEXTS) {
      const home = { accountId: `a${text}`, region: `r${text}` };
      const key = sampleKey({
        ...home,
        keyId: `id${text}`,
        description: text,
        creator: text,
        keySpec: text,
        deletionProtectionDescription: text,
      });
      const version = sampleVersion(key.keyId, { keyVersionId: text });
      const tag = { tagKey: text, tagValue: text };
      assert.equal(await store.keys.create(key, version, [tag], 1), 'created');
      assert.deepEqual(await store.keys.find(key.keyId), key);
      assert.deepEqual(await store.keys.findVersion(key.keyId, text), version);
      for (const field of ['TagKey', 'TagValue', 'Creator', 'KeySpec'] as const) {
        const found = await store.keys.list(home, [{ field, values: [text] }], FIRST_PAGE);
        assert.deepEqual(found, { total: 1, rows: [key] }, field);
      }
    }
    assert.equal((await store.keys.list(HOME, [], FIRST_PAGE)).total, 0);
  });

  test('a key that cannot be stored whole is not stored at all', async (store) => {
    const key = sampleKey();
    const twice = { tagKey: 'same', tagValue: '1' };
    await assert.rejects(store.keys.create(key, sampleVersion(key.keyId), [twice, twice], 1));
    assert.equal(await store.keys.find(key.keyId), undefined);
    assert.deepEqual(await store.keys.list(HOME, [], FIRST_PAGE), { total: 0, rows: [] });
    assert.deepEqual((await store.keys.listVersions(key.keyId, FIRST_PAGE)).total, 0);
    assert.equal(await store.keys.create(key, null, [], 1), 'created');
    await assert.rejects(store.keys.create({ ...key, description: 'thief' }, null, [], NO_QUOTA));
    assert.deepEqual(await store.keys.find(key.keyId), key);
    assert.equal((await store.keys.list(HOME, [], FIRST_PAGE)).total, 1);
  });

  test('fifty creates at once stop at the quota of their home', async (store) => {
    await storedKey(store, OTHER_REGION);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => store.keys.create(sampleKey(), null, [], 10)),
    );
    assert.equal(outcomes.filter((outcome) => outcome === 'created').length, 10);
    assert.equal(outcomes.filter((outcome) => outcome === 'quota').length, 40);
    assert.equal((await store.keys.list(HOME, [], FIRST_PAGE)).rows.length, 10);
    assert.equal(await store.keys.create(sampleKey(OTHER_REGION), null, [], 10), 'created');
    assert.equal(await store.keys.create(sampleKey(), null, [], 11), 'created');
  });

  test('of many changes from one revision, one wins', async (store) => {
    const key = await storedKey(store);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        store.keys.replace({ ...key, revision: 2, description: `by ${i}` }),
      ),
    );
    assert.deepEqual(
      outcomes.filter((outcome) => outcome === 'replaced'),
      ['replaced'],
    );
    const winner = outcomes.indexOf('replaced');
    const changed = { ...key, revision: 2, description: `by ${winner}` };
    assert.deepEqual(await store.keys.find(key.keyId), changed);
    const everything = { ...changed, revision: 3, state: 'PendingDeletion', deleteAt: 5 } as const;
    assert.equal(await store.keys.replace(everything), 'replaced');
    assert.deepEqual(await store.keys.find(key.keyId), everything);
  });

  test('a change from another revision, or of nothing, is a conflict', async (store) => {
    const key = await storedKey(store);
    for (const revision of [0, 1, 3]) {
      assert.equal(await store.keys.replace({ ...key, revision, description: 'late' }), 'conflict');
    }
    assert.equal(await store.keys.replace(sampleKey({ revision: 2 })), 'conflict');
    assert.deepEqual(await store.keys.find(key.keyId), key);
  });
}
