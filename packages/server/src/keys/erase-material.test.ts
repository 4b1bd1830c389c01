import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mock, test } from 'node:test';
import { softwareToken } from '../hsm/software-token.ts';
import { TokenUnavailable } from '../hsm/token.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { NO_QUOTA, sampleKey } from '../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import { Conflict } from '../store/store.ts';
import { addVersion } from './add-version.ts';
import { DomainKey } from './domain-key.ts';
import { MaterialGone } from './engine.ts';
import { eraseMaterial } from './erase-material.ts';
import type { Key } from './key.ts';
import { Keyring } from './keyring.ts';
import { TokenEngine } from './token-engine.ts';
import { VersionUses } from './version-uses.ts';

const openStore = emptyStores(testDirectory());
const domainKey = new DomainKey(new SecretBytes(Buffer.alloc(32, 7)));

/** A key with material in a token, which the store and the token cannot change together. */
async function setUp(changes: Partial<Key> = {}) {
  const { store } = await openStore();
  const token = softwareToken();
  const engine = new TokenEngine(token, domainKey, ['cn-hangzhou'], Date.now);
  const keyring = new Keyring({ HSM: engine }, store.keys, new VersionUses(store.keys, Date.now));
  const primaryVersionId = randomUUID();
  const key = sampleKey({ protectionLevel: 'HSM', origin: 'EXTERNAL', primaryVersionId, ...changes });
  const version = await keyring.newVersion(key, primaryVersionId);
  await store.keys.create(key, version, [], NO_QUOTA);
  return { store, token, engine, keyring, key, version };
}

test('an erasure is of a revision: whoever was bringing material in for it cannot store that any more', async () => {
  const { store, token, keyring, key, version } = await setUp();
  assert.equal(await eraseMaterial({ store, keyring }, key), 'replaced');
  assert.deepEqual([await token.list(''), await store.keys.listCondemned(9)], [[], []]);
  for (let again = 0; again < 2; again++) {
    const bare = (await store.keys.find(key.keyId)) ?? assert.fail();
    const coming = await keyring.newVersion(bare, version.keyVersionId);
    assert.equal(await eraseMaterial({ store, keyring }, bare), 'replaced');
    assert.deepEqual(await token.list(''), [], 'what was coming in is gone');
    const next = { ...bare, revision: bare.revision + 1, primaryVersionId: version.keyVersionId };
    assert.equal(await store.keys.replaceWithVersion(next, coming, NO_QUOTA), 'conflict');
  }
});

test('material that goes while it is used: the call is repeated where the key has changed, and fails where not', async () => {
  const { store, token, keyring, key } = await setUp();
  const use = () => keyring.encrypt(key, Buffer.from('x'), undefined);
  await use();
  for (const label of await token.list('')) await token.destroy(label);
  await assert.rejects(use(), MaterialGone);
  await store.keys.replace({ ...key, revision: 2 });
  await assert.rejects(use(), Conflict);
});

test('a version that is not stored leaves nothing in the token', async () => {
  const { store, token, keyring, key } = await setUp({ origin: 'Aliyun_KMS' });
  const before = await token.list('');
  assert.equal((await addVersion({ store, keyring }, key, 0, 1)).outcome, 'quota');
  assert.deepEqual(await token.list(''), before);
  await store.keys.replace({ ...key, revision: 2 });
  assert.equal((await addVersion({ store, keyring }, key, 0, NO_QUOTA)).outcome, 'conflict');
  assert.deepEqual(await token.list(''), before);
});

test('material in a token that is away is gone for everybody but the token, and condemned there', async () => {
  const { store, token, keyring, key } = await setUp();
  const list = mock.method(token, 'list', async () => {
    throw new TokenUnavailable('on purpose');
  });
  assert.equal(await eraseMaterial({ store, keyring }, key), 'replaced');
  assert.equal((await store.keys.find(key.keyId))?.state, 'PendingImport');
  const condemned = [{ keyId: key.keyId, revision: key.revision }];
  assert.deepEqual(await store.keys.listCondemned(9), condemned);
  const nowhere = new Keyring({}, store.keys, new VersionUses(store.keys, Date.now));
  await nowhere.erase(key);
  assert.deepEqual(await store.keys.listCondemned(9), condemned, 'nor can it go where no token is set up');
  list.mock.restore();
  await keyring.erase(key);
  assert.deepEqual([await token.list(''), await store.keys.listCondemned(9)], [[], []]);
});
