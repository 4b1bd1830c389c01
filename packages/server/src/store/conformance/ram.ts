import assert from 'node:assert/strict';
import type { RamChange, RamRow, Store } from '../store.ts';
import { HOSTILE_TEXTS, NO_RAM_CHANGE, sampleAccessKey, sampleAccount } from './samples.ts';
import type { StoreTest } from './store-test.ts';

const { accountId } = sampleAccount();
const OTHER = '2000000000000002';
const accessKey = sampleAccessKey();
const row = (id: string, value = '{}', kind = 'user'): RamRow => ({ kind, id, value });
const mac = (byte: number) => new Uint8Array(32).fill(byte);
const EMPTY = { revision: 0, mac: null, rows: [] };

async function withAccounts(store: Store): Promise<void> {
  await store.accounts.create(sampleAccount(), accessKey);
  const other = sampleAccount({ accountId: OTHER });
  await store.accounts.create(other, sampleAccessKey({ accountId: OTHER, accessKeyId: 'LTAIother' }));
}

const change = (store: Store, revision: number, made: Partial<RamChange>, account = accountId) =>
  store.ram.change(account, { revision, mac: mac(revision) }, { ...NO_RAM_CHANGE, ...made });

export function ramConformance(test: StoreTest): void {
  test('RAM of an account begins with its access key; of one that does not exist, with nothing', async (store) => {
    await withAccounts(store);
    assert.deepEqual(await store.ram.load(accountId), { accountId, ...EMPTY, accessKeys: [accessKey] });
    assert.deepEqual(await store.ram.load('9'), { accountId: '9', ...EMPTY, accessKeys: [] });
  });

  test('a change of RAM puts and removes all it says, of that account alone', async (store) => {
    await withAccounts(store);
    assert.equal(await change(store, 1, { put: [row('a'), row('b'), row('a', '1', 'group')] }), 'changed');
    assert.equal(await change(store, 1, { put: [row('a', 'other')] }, OTHER), 'changed');
    const remove = [row('b'), row('never there')];
    assert.equal(await change(store, 2, { put: [row('a', '2'), row('c')], remove }), 'changed');
    const { rows, ...head } = await store.ram.load(accountId);
    assert.deepEqual(head, { accountId, revision: 2, mac: mac(2), accessKeys: [accessKey] });
    const byId = (a: RamRow, b: RamRow) => (`${a.kind} ${a.id}` < `${b.kind} ${b.id}` ? -1 : 1);
    assert.deepEqual(rows.toSorted(byId), [row('a', '1', 'group'), row('a', '2'), row('c')]);
    assert.deepEqual((await store.ram.load(OTHER)).rows, [row('a', 'other')]);
  });

  test('a change of RAM from any revision but the last changes nothing', async (store) => {
    await withAccounts(store);
    assert.equal(await change(store, 2, { put: [row('a')] }), 'conflict');
    assert.equal(await change(store, 1, { put: [row('a')] }), 'changed');
    const before = await store.ram.load(accountId);
    for (const revision of [1, 3]) {
      const made = {
        put: [row('b')],
        remove: [row('a')],
        putAccessKeys: [sampleAccessKey({ accessKeyId: 'LTAInew' })],
        removeAccessKeys: [accessKey.accessKeyId],
      };
      assert.equal(await change(store, revision, made), 'conflict');
    }
    assert.deepEqual(await store.ram.load(accountId), before);
  });

  test('of many changes of RAM from one revision, one is made', async (store) => {
    await withAccounts(store);
    for (const revision of [1, 2]) {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, i) => change(store, revision, { put: [row(`${revision} ${i}`)] })),
      );
      assert.equal(outcomes.filter((outcome) => outcome === 'changed').length, 1);
    }
    assert.equal((await store.ram.load(accountId)).rows.length, 2);
  });

  test('access keys come, change and go with RAM, and are found at once', async (store) => {
    await withAccounts(store);
    const added = sampleAccessKey({ accessKeyId: 'LTAIadded', owner: 'a user', createdAt: 1 });
    await change(store, 1, { putAccessKeys: [added] });
    assert.deepEqual((await store.ram.load(accountId)).accessKeys, [added, accessKey]);
    assert.deepEqual(await store.accounts.findAccessKey('LTAIadded'), added);

    const switched = { ...added, status: 'Inactive', mac: mac(9) } as const;
    await change(store, 2, { putAccessKeys: [switched], removeAccessKeys: [accessKey.accessKeyId] });
    assert.deepEqual((await store.ram.load(accountId)).accessKeys, [switched]);
    assert.deepEqual(await store.accounts.findAccessKey('LTAIadded'), switched);
    assert.equal(await store.accounts.findAccessKey(accessKey.accessKeyId), undefined);
  });

  test('a change of RAM does not touch access keys of another account', async (store) => {
    await withAccounts(store);
    const others = await store.ram.load(OTHER);
    await change(store, 1, { removeAccessKeys: ['LTAIother'] });
    assert.deepEqual(await store.ram.load(OTHER), others);
    const taken = sampleAccessKey({ accessKeyId: 'LTAIother' });
    await assert.rejects(change(store, 2, { put: [row('a')], putAccessKeys: [taken] }), /another account/);
    assert.deepEqual(await store.ram.load(OTHER), others);
    assert.equal((await store.ram.load(accountId)).revision, 1);
  });

  test('RAM of an account that does not exist cannot be made', async (store) => {
    await assert.rejects(change(store, 1, { put: [row('a')] }, '9'));
    assert.deepEqual(await store.ram.load('9'), { accountId: '9', ...EMPTY, accessKeys: [] });
  });

  test('hostile texts are only ids and values', async (store) => {
    await withAccounts(store);
    const rows = HOSTILE_TEXTS.flatMap((text) => [row(text, text, text), row('a', text, text)]);
    assert.equal(await change(store, 1, { put: rows }), 'changed');
    const sorted = (list: readonly RamRow[]) => list.map((each) => JSON.stringify(each)).sort();
    assert.deepEqual(sorted((await store.ram.load(accountId)).rows), sorted(rows));
    assert.equal(await change(store, 2, { remove: rows }), 'changed');
    assert.deepEqual((await store.ram.load(accountId)).rows, []);
  });

  test('of uses of an access key the last is kept, and only while the key is', async (store) => {
    await withAccounts(store);
    const id = accessKey.accessKeyId;
    assert.equal(await store.ram.lastUse(id), undefined);
    await store.ram.putLastUses(
      new Map([
        ['LTAInobody', 7],
        [id, 5],
      ]),
    );
    assert.deepEqual([await store.ram.lastUse(id), await store.ram.lastUse('LTAInobody')], [5, undefined]);
    for (const [time, kept] of [
      [4, 5],
      [1_700_000_000_000, 1_700_000_000_000],
    ] as const) {
      await store.ram.putLastUses(new Map([[id, time]]));
      assert.equal(await store.ram.lastUse(id), kept);
    }
    await change(store, 1, { removeAccessKeys: [id] });
    assert.equal(await store.ram.lastUse(id), undefined);
  });
}
