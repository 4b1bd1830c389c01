import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { AccessKeys } from '../access/access-keys.ts';
import { DomainKey } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import { createSigningSecret } from '../wires/signing-secret.ts';
import { AccountExists, createAccount, newAccountId } from './create-account.ts';

const { store } = await emptyStores(testDirectory())();
after(() => store.close());
const domainKey = new DomainKey(new SecretBytes(randomBytes(32)));
const ports = { accounts: store.accounts, domainKey, now: 5 };
const wanted = {
  accountId: '1000000000000001',
  name: 'first',
  rootAccessKey: { id: 'LTAIone', secret: 'secret one' },
};

test('makes an account whose root can sign', async () => {
  const made = await createAccount(ports, wanted);
  assert.deepEqual(made, {
    AccountId: '1000000000000001',
    AccessKeyId: 'LTAIone',
    AccessKeySecret: 'secret one',
  });
  assert.deepEqual(await store.accounts.find(made.AccountId), {
    accountId: '1000000000000001',
    name: 'first',
    createdAt: 5,
  });
  const found = await new AccessKeys(domainKey, store.accounts).find('LTAIone');
  const bare = createSigningSecret(new SecretBytes(Buffer.from('secret one')));
  assert.deepEqual(found?.secret.rpc('sha1', 'x'), bare.rpc('sha1', 'x'));
  assert.deepEqual(
    [found?.row.owner, found?.row.status, found?.row.accountId],
    ['root', 'Active', made.AccountId],
  );
});

test('neither an account nor an access key is made twice, nor half', async () => {
  const sameKey = { ...wanted, accountId: '1000000000000002' };
  const sameAccount = { ...wanted, rootAccessKey: { id: 'LTAItwo', secret: 'secret two' } };
  for (const again of [wanted, sameKey, sameAccount]) {
    await assert.rejects(createAccount(ports, again), (error: Error) => {
      return error instanceof AccountExists && !error.message.includes('secret');
    });
  }
  assert.equal(await store.accounts.find('1000000000000002'), undefined);
  assert.equal(await store.accounts.findAccessKey('LTAItwo'), undefined);
});

test('account ids are 16 digits, the first not 0, and differ', () => {
  const ids = Array.from({ length: 300 }, newAccountId);
  for (const id of ids) assert.match(id, /^[1-9]\d{15}$/);
  assert.equal(new Set(ids).size, ids.length);
});
