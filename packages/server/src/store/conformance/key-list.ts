import assert from 'node:assert/strict';
import { asOf } from '../../keys/key.ts';
import type { KeyFilter, KeyFilterField, Store } from '../store.ts';
import {
  FIRST_PAGE,
  HOME,
  NO_QUOTA,
  OTHER_REGION,
  sampleAlias,
  sampleKey,
  sampleVersion,
  storedKey,
} from './samples.ts';
import type { StoreTest } from './store-test.ts';

const STATES = ['Enabled', 'Disabled', 'PendingDeletion', 'PendingImport'] as const;
const filter = (field: KeyFilterField, ...values: string[]): KeyFilter => ({ field, values });

export function keyListConformance(test: StoreTest): void {
  test('keys are listed oldest first, then by id, page by page', async (store) => {
    const keys = ['d', 'b', 'e', 'a', 'c'].map((keyId, i) => sampleKey({ keyId, createdAt: i < 3 ? 2 : 1 }));
    for (const key of keys) await store.keys.create(key, null, [], NO_QUOTA);
    await storedKey(store, OTHER_REGION);
    await storedKey(store, { accountId: '2' });
    const paged: string[] = [];
    for (let offset = 0; offset < 6; offset += 2) {
      const page = await store.keys.list(HOME, [], { offset, limit: 2 });
      assert.equal(page.total, 5);
      paged.push(...page.rows.map((key) => key.keyId));
    }
    assert.deepEqual(paged, ['a', 'c', 'b', 'd', 'e']);
    assert.deepEqual(await store.keys.list(HOME, [], { offset: 5, limit: 2 }), { total: 5, rows: [] });
    assert.deepEqual(await store.keys.list(HOME, [], { offset: 1e11, limit: 2 }), { total: 5, rows: [] });
    assert.deepEqual(await store.keys.list({ accountId: '9', region: 'x' }, [], FIRST_PAGE), {
      total: 0,
      rows: [],
    });
  });

  test('a page does not move when keys change or are added', async (store) => {
    for (let i = 0; i < 6; i++) await storedKey(store, { keyId: `k${i}`, createdAt: i });
    const page = { offset: 2, limit: 2 };
    const before = await store.keys.list(HOME, [], page);
    await store.keys.replace(sampleKey({ keyId: 'k0', createdAt: 0, revision: 2, state: 'Disabled' }));
    await storedKey(store, { keyId: 'k9', createdAt: 9 });
    assert.deepEqual((await store.keys.list(HOME, [], page)).rows, before.rows);
  });

  test('filters: any value of one, all of several', async (store) => {
    await store.keys.create(
      sampleKey({ keyId: 'k1', createdAt: 1, creator: 'ann' }),
      null,
      [
        { tagKey: 'Project', tagValue: 'x' },
        { tagKey: 'Stage', tagValue: 'test' },
      ],
      NO_QUOTA,
    );
    await store.keys.create(
      sampleKey({ keyId: 'k2', createdAt: 2, state: 'Disabled', creator: 'bob' }),
      null,
      [{ tagKey: 'Project', tagValue: 'y' }],
      NO_QUOTA,
    );
    await storedKey(store, { keyId: 'k3', createdAt: 3, protectionLevel: 'HSM', keySpec: 'RSA_2048' });
    await storedKey(store, { keyId: 'k4', createdAt: 4, keyUsage: 'SIGN/VERIFY', state: 'PendingImport' });
    await storedKey(store, { ...OTHER_REGION, keyId: 'far' });
    await store.aliases.create(sampleAlias('k2', 'alias/two'), NO_QUOTA);
    await store.aliases.create(sampleAlias('k3', 'alias/three'), NO_QUOTA);
    await store.aliases.create(sampleAlias('far', 'alias/three', OTHER_REGION), NO_QUOTA);

    const cases: [expected: string, ...KeyFilter[]][] = [
      ['k2', filter('KeyState', 'Disabled')],
      ['k2 k4', filter('KeyState', 'PendingImport', 'Disabled', 'nonsense')],
      ['k3', filter('KeySpec', 'RSA_2048')],
      ['k4', filter('KeyUsage', 'SIGN/VERIFY')],
      ['k3', filter('ProtectionLevel', 'HSM')],
      ['k1 k2 k3 k4', filter('CreatorType', 'User', 'Service')],
      ['', filter('CreatorType', 'Service')],
      ['', filter('DKMSInstanceId', 'kst-1')],
      ['k1 k3', filter('KeyId', 'k3', 'k1', 'far', 'none')],
      ['k2 k3', filter('AliasName', 'alias/two', 'alias/three')],
      ['', filter('AliasName', 'two')],
      ['k1 k2', filter('Creator', 'bob', 'ann')],
      ['k1 k2', filter('TagKey', 'Project')],
      ['k1 k2', filter('TagKey', 'Project', 'Stage')],
      ['k1', filter('TagKey', 'Project'), filter('TagKey', 'Stage')],
      ['k1 k2', filter('TagValue', 'test', 'y')],
      ['k1', filter('TagKey', 'Project'), filter('TagValue', 'x')],
      ['k2', filter('TagKey', 'Project'), filter('AliasName', 'alias/two'), filter('KeyState', 'Disabled')],
      ['', filter('KeyState', 'Enabled'), filter('KeyId', 'k2')],
      ['', filter('KeyState')],
    ];
    for (const [expected, ...filters] of cases) {
      assert.equal(await listed(store, filters), expected, JSON.stringify(filters));
    }
    const second = await store.keys.list(HOME, [filter('KeyId', 'k1', 'k2', 'k4')], { offset: 1, limit: 1 });
    assert.equal(second.total, 3);
    assert.deepEqual(
      second.rows.map((key) => key.keyId),
      ['k2'],
    );
  });

  test('a state is that of now', async (store) => {
    const keys = STATES.flatMap((state) =>
      [null, 9, 10, 11].map((at) => sampleKey({ keyId: `${state} ${at}`, state, materialExpiresAt: at })),
    );
    for (const key of keys) await store.keys.create(key, null, [], NO_QUOTA);
    for (const state of STATES) {
      const { total, rows } = await store.keys.list(HOME, [filter('KeyState', state)], FIRST_PAGE, 10);
      const wanted = keys.filter((key) => asOf(key, 10).state === state).map(({ keyId }) => keyId);
      assert.deepEqual(
        rows.map(({ keyId }) => keyId),
        wanted.toSorted(),
      );
      assert.equal(total, wanted.length);
    }
  });

  test('versions are counted for their key alone', async (store) => {
    const key = sampleKey();
    const version = sampleVersion(key.keyId);
    await store.keys.create(key, version, [], NO_QUOTA);
    const other = sampleKey();
    await store.keys.create(other, sampleVersion(other.keyId), [], NO_QUOTA);
    assert.deepEqual(await store.keys.listVersions(key.keyId, FIRST_PAGE), { total: 1, rows: [version] });
    assert.deepEqual(await store.keys.listVersions(key.keyId, { offset: 1, limit: 1 }), {
      total: 1,
      rows: [],
    });
  });
}

async function listed(store: Store, filters: readonly KeyFilter[]): Promise<string> {
  const { total, rows } = await store.keys.list(HOME, filters, FIRST_PAGE);
  assert.equal(total, rows.length);
  return rows.map((key) => key.keyId).join(' ');
}
