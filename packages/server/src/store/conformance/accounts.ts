import assert from 'node:assert/strict';
import { HOSTILE_TEXTS, sampleAccessKey, sampleAccount } from './samples.ts';
import type { StoreTest } from './store-test.ts';

export function accountsConformance(test: StoreTest): void {
  test('an account is stored with its access key, both or neither', async (store) => {
    const [account, accessKey] = [sampleAccount(), sampleAccessKey()];
    assert.equal(await store.accounts.find(account.accountId), undefined);
    assert.equal(await store.accounts.findAccessKey(accessKey.accessKeyId), undefined);
    assert.equal(await store.accounts.create(account, accessKey), 'created');
    assert.deepEqual(await store.accounts.find(account.accountId), account);
    assert.deepEqual(await store.accounts.findAccessKey(accessKey.accessKeyId), accessKey);

    const second = sampleAccount({ accountId: '2', createdAt: 5 });
    const itsKey = sampleAccessKey({ accountId: '2', accessKeyId: 'LTAI2' });
    assert.equal(await store.accounts.create(account, itsKey), 'exists');
    assert.equal(await store.accounts.findAccessKey('LTAI2'), undefined);
    assert.equal(await store.accounts.create(second, { ...accessKey, accountId: '2' }), 'exists');
    assert.equal(await store.accounts.find('2'), undefined);
    assert.deepEqual(await store.accounts.findAccessKey(accessKey.accessKeyId), accessKey);
    assert.equal(await store.accounts.create(second, itsKey), 'created');
    assert.deepEqual(await store.accounts.list(), [second, account]);
  });

  test('of many that make one account, one does', async (store) => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        store.accounts.create(sampleAccount(), sampleAccessKey({ accessKeyId: `LTAI${i}` })),
      ),
    );
    assert.equal(outcomes.filter((outcome) => outcome === 'created').length, 1);
    assert.equal((await store.accounts.list()).length, 1);
  });

  test('hostile names are only names', async (store) => {
    for (const [i, text] of HOSTILE_TEXTS.entries()) {
      const account = sampleAccount({ accountId: `${i}${text}`, name: text, createdAt: i });
      const accessKey = sampleAccessKey({ accessKeyId: text, accountId: account.accountId });
      assert.equal(await store.accounts.create(account, accessKey), 'created');
      assert.deepEqual(await store.accounts.find(account.accountId), account);
      assert.deepEqual(await store.accounts.findAccessKey(text), accessKey);
      await store.settings.put(text, Buffer.from(text));
      assert.equal(Buffer.from((await store.settings.get(text)) ?? []).toString(), text);
    }
    assert.equal((await store.accounts.list()).length, HOSTILE_TEXTS.length);
  });

  test('settings: put replaces, putOnce does not', async (store) => {
    const [one, two] = [new Uint8Array([1]), new Uint8Array([2, 0, 255])];
    assert.equal(await store.settings.get('a'), undefined);
    await store.settings.put('a', one);
    await store.settings.put('a', two);
    assert.deepEqual(await store.settings.get('a'), two);
    assert.deepEqual(await store.settings.putOnce('a', one), two);
    assert.deepEqual(await store.settings.putOnce('b', one), one);
    await store.settings.put('empty', new Uint8Array());
    assert.deepEqual(await store.settings.get('empty'), new Uint8Array());
  });

  test('of many that put once, all get the one that was stored', async (store) => {
    const stored = await Promise.all(
      Array.from({ length: 20 }, (_, i) => store.settings.putOnce('race', new Uint8Array([i]))),
    );
    const winner = await store.settings.get('race');
    for (const value of stored) assert.deepEqual(value, winner);
  });
}
