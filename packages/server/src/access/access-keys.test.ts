import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { inspect } from 'node:util';
import { DomainKey } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import type { AccessKey } from '../store/store.ts';
import { createSigningSecret } from '../wires/signing-secret.ts';
import { AccessKeys, newAccessKeyPair, sealAccessKey, withStatus } from './access-keys.ts';

const { store } = await emptyStores(testDirectory())();
after(() => store.close());
const domainKey = new DomainKey(new SecretBytes(randomBytes(32)));
const accessKeys = new AccessKeys(domainKey, store.accounts);

let count = 0;
const newFields = () =>
  ({
    accessKeyId: `LTAI${count++}`,
    accountId: `${count}`,
    owner: 'root',
    status: 'Active',
    createdAt: 5,
  }) as const;
const put = async (row: AccessKey): Promise<void> => {
  assert.equal(
    await store.accounts.create({ accountId: row.accountId, name: 'n', createdAt: 5 }, row),
    'created',
  );
};
const seal = (fields = newFields(), secret = 'a secret') =>
  sealAccessKey(domainKey, fields, new SecretBytes(Buffer.from(secret)));

test('finds what was sealed, ready to sign, and prints no secret', async () => {
  const row = seal();
  await put(row);
  const found = await accessKeys.find(row.accessKeyId);
  const bare = createSigningSecret(new SecretBytes(Buffer.from('a secret')));
  assert.deepEqual(found?.secret.rpc('sha1', 'text'), bare.rpc('sha1', 'text'));
  assert.equal(found?.row.status, 'Active');
  assert.ok(!inspect(found, { depth: 9, showHidden: true }).includes('a secret'));
  assert.ok(!Buffer.from(row.wrappedSecret).includes('a secret'));
});

test('finds no key of another name', async () => {
  const row = seal();
  await put(row);
  for (const name of ['', 'nobody', row.accessKeyId.toLowerCase(), `${row.accessKeyId} `]) {
    assert.equal(await accessKeys.find(name), undefined, name);
  }
});

test('a row edited in the database is refused, whichever field', async () => {
  const strange = new AccessKeys(new DomainKey(new SecretBytes(randomBytes(32))), store.accounts);
  const edits: readonly ((row: AccessKey) => Partial<AccessKey>)[] = [
    () => ({ accountId: '9999999999999999' }),
    () => ({ accessKeyId: 'LTAIedited' }),
    () => ({ status: 'Inactive' }),
    () => ({ createdAt: 6 }),
    ({ wrappedSecret }) => ({ wrappedSecret: wrappedSecret.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) }),
    () => ({ wrappedSecret: seal().wrappedSecret }),
    ({ mac }) => ({ mac: mac.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) }),
    () => ({ mac: new Uint8Array(0) }),
    () => ({ mac: seal().mac }),
  ];
  for (const edit of edits) {
    const row = seal();
    const edited = { ...row, ...edit(row) };
    await put(edited);
    await assert.rejects(accessKeys.find(edited.accessKeyId), /was edited/, edit.toString());
  }
  const row = seal();
  await put(row);
  await assert.rejects(strange.find(row.accessKeyId), /was edited/, 'another domain key');
});

test('a key switched off is found so, and signs as before when switched on again', async () => {
  const row = seal();
  const inactive = withStatus(domainKey, row, 'Inactive');
  await put(inactive);
  const found = await accessKeys.find(row.accessKeyId);
  assert.equal(found?.row.status, 'Inactive');
  const bare = createSigningSecret(new SecretBytes(Buffer.from('a secret')));
  assert.deepEqual(found?.secret.rpc('sha1', 'text'), bare.rpc('sha1', 'text'));
  assert.deepEqual(withStatus(domainKey, inactive, 'Active'), row);
});

test('new pairs look as the vendor writes them and never repeat', () => {
  const pairs = Array.from({ length: 500 }, newAccessKeyPair);
  for (const { id, secret } of pairs) {
    assert.match(id, /^LTAI[A-Za-z0-9]{20}$/);
    assert.match(secret, /^[A-Za-z0-9]{30}$/);
  }
  assert.equal(new Set(pairs.flatMap(({ id, secret }) => [id, secret])).size, 1000);
  const letters = new Set(pairs.flatMap(({ secret }) => [...secret]));
  assert.equal(letters.size, 62, 'every letter of the alphabet comes up');
});
