import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { openPkcs11Token } from '@keyhold/server/hsm/pkcs11-token.ts';
import {
  type Algorithm,
  describe,
  externalKey,
  importParameters,
  ok,
  wrap,
} from '../key-lifecycle/importing.ts';
import { type Answer, type Parameters, passingWith } from '../server.ts';
import { type HsmServer, startHsmServer } from './hsm-server.ts';

const DAY = 86_400_000;
let now = Date.parse('2026-03-01T12:00:00Z');
let rig: HsmServer;
before(async () => {
  const clock = () => now;
  rig = await startHsmServer(clock, passingWith(clock));
});
after(() => rig[Symbol.asyncDispose]());

const newKey = () => externalKey(rig.server, { ProtectionLevel: 'HSM' });
const labelsOf = async (KeyId: string, kind: 'key' | 'pair' = 'key') =>
  (await rig.labels()).filter((label) => label.includes(`/${kind}/${KeyId}`));
const encrypt = async (KeyId: string): Promise<string> =>
  (await ok(rig.server, 'Encrypt', { KeyId, Plaintext: 'cGxhaW4=' })).CiphertextBlob;
const opens = async (CiphertextBlob: string) =>
  assert.equal((await ok(rig.server, 'Decrypt', { CiphertextBlob })).Plaintext, 'cGxhaW4=');
const codeOf = ({ status, body }: Answer) => (status === 200 ? 'none' : body.Code);

async function give(
  KeyId: string,
  material: Uint8Array,
  algorithm: Algorithm = 'RSAES_OAEP_SHA_1',
  more: Parameters = {},
) {
  const { PublicKey, ImportToken } = await importParameters(rig.server, KeyId, algorithm);
  const EncryptedKeyMaterial = wrap(PublicKey, material, algorithm);
  return rig.server.call('ImportKeyMaterial', { KeyId, EncryptedKeyMaterial, ImportToken, ...more });
}

for (const algorithm of ['RSAES_OAEP_SHA_1', 'RSAES_PKCS1_V1_5'] as const) {
  test(`${algorithm}: material goes into the token, comes back as itself alone, and opens what it sealed`, async () => {
    const KeyId = await newKey();
    const material = randomBytes(32);
    assert.equal(codeOf(await give(KeyId, randomBytes(31), algorithm)), 'InvalidKeyMaterial');
    assert.deepEqual(await labelsOf(KeyId), []);
    assert.equal(codeOf(await give(KeyId, material, algorithm)), 'none');
    const { KeyState, PrimaryKeyVersion } = await describe(rig.server, KeyId);
    assert.equal(KeyState, 'Enabled');
    const blob = await encrypt(KeyId);
    await ok(rig.server, 'DeleteKeyMaterial', { KeyId });
    assert.deepEqual(await labelsOf(KeyId), []);
    assert.equal(
      codeOf(await rig.server.call('Decrypt', { CiphertextBlob: blob })),
      'Rejected.PendingImport',
    );
    await rig.server.restart();
    assert.equal(codeOf(await give(KeyId, randomBytes(32), algorithm)), 'InvalidKeyMaterial');
    assert.deepEqual(await labelsOf(KeyId), [], 'other material leaves nothing');
    assert.equal(codeOf(await give(KeyId, material, algorithm)), 'none');
    assert.equal((await describe(rig.server, KeyId)).PrimaryKeyVersion, PrimaryKeyVersion);
    await opens(blob);
  });
}

test('what SoftHSM cannot take in is refused before anything is wrapped, with what to use', async () => {
  const KeyId = await newKey();
  const { status, body } = await rig.server.call('GetParametersForImport', {
    KeyId,
    WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    WrappingKeySpec: 'RSA_2048',
  });
  assert.deepEqual([status, body.Code], [400, 'UnsupportedOperation']);
  assert.match(body.Message, /RSAES_OAEP_SHA_256.*RSAES_OAEP_SHA_1/);
  assert.deepEqual(await labelsOf(KeyId, 'pair'), []);
});

test('a token serves its key for 24 hours, across a restart; then its pair is gone', async () => {
  const KeyId = await newKey();
  const material = randomBytes(32);
  const { PublicKey, ImportToken } = await importParameters(rig.server, KeyId, 'RSAES_OAEP_SHA_1');
  const EncryptedKeyMaterial = wrap(PublicKey, material, 'RSAES_OAEP_SHA_1');
  const attempt = () => rig.server.call('ImportKeyMaterial', { KeyId, EncryptedKeyMaterial, ImportToken });
  await rig.server.restart();
  now += DAY - 1;
  for (let count = 0; count < 2; count++) assert.equal(codeOf(await attempt()), 'none');
  now += 1;
  assert.equal(codeOf(await attempt()), 'ExpiredImportToken');
  assert.equal((await labelsOf(KeyId)).length, 1, 'the later copy went');
  await ok(rig.server, 'DeleteKeyMaterial', { KeyId });
  assert.deepEqual(await labelsOf(KeyId), []);
});

test('expired material is gone from the token, and the same may come back', async () => {
  const KeyId = await newKey();
  const material = randomBytes(32);
  const KeyMaterialExpireUnix = Math.floor(now / 1000) + 60;
  assert.equal(codeOf(await give(KeyId, material, 'RSAES_OAEP_SHA_1', { KeyMaterialExpireUnix })), 'none');
  const blob = await encrypt(KeyId);
  now += 60_000;
  assert.equal(codeOf(await rig.server.call('Decrypt', { CiphertextBlob: blob })), 'Rejected.PendingImport');
  for (const start = performance.now(); (await labelsOf(KeyId)).length > 0; ) {
    assert.ok(performance.now() - start < 10_000, 'it is not erased');
  }
  assert.equal(codeOf(await give(KeyId, material)), 'none');
  await opens(blob);
});

test('material that a running call uses is gone for it too, as the state says and not as a failure', async () => {
  const KeyId = await newKey();
  const material = randomBytes(32);
  const allowed = new Set(['none', 'Rejected.PendingImport']);
  for (let round = 0; round < 3; round++) {
    assert.equal(codeOf(await give(KeyId, material)), 'none');
    const calls = Array.from({ length: 60 }, () =>
      rig.server.call('Encrypt', { KeyId, Plaintext: 'cGxhaW4=' }),
    );
    const deleted = rig.server.call('DeleteKeyMaterial', { KeyId });
    const codes = (await Promise.all(calls)).map(codeOf);
    assert.deepEqual(
      codes.filter((code) => !allowed.has(code)),
      [],
    );
    assert.equal(codeOf(await deleted), 'none');
    assert.deepEqual(await labelsOf(KeyId), []);
  }
});

test('the same material again leaves what is there, which backups name, and calls that use it go on', async () => {
  const KeyId = await newKey();
  const material = randomBytes(32);
  const { PublicKey, ImportToken } = await importParameters(rig.server, KeyId, 'RSAES_OAEP_SHA_1');
  const EncryptedKeyMaterial = wrap(PublicKey, material, 'RSAES_OAEP_SHA_1');
  const parameters = { KeyId, EncryptedKeyMaterial, ImportToken };
  await ok(rig.server, 'ImportKeyMaterial', parameters);
  const first = await encrypt(KeyId);
  const named = await labelsOf(KeyId);
  const KeyMaterialExpireUnix = Math.floor(now / 1000) + 600;
  for (let round = 0; round < 4; round++) {
    const calls = Array.from({ length: 40 }, () =>
      rig.server.call('Encrypt', { KeyId, Plaintext: 'cGxhaW4=' }),
    );
    await ok(rig.server, 'ImportKeyMaterial', { ...parameters, KeyMaterialExpireUnix });
    for (const answer of await Promise.all(calls)) {
      assert.equal(codeOf(answer), 'none', JSON.stringify(answer.body));
      await opens(answer.body.CiphertextBlob);
    }
    assert.deepEqual(await labelsOf(KeyId), named);
  }
  assert.notEqual((await describe(rig.server, KeyId)).MaterialExpireTime, '');
  await ok(rig.server, 'ImportKeyMaterial', parameters);
  assert.equal((await describe(rig.server, KeyId)).MaterialExpireTime, '');
  await opens(first);
});

test('the same material again comes back where the token has lost it', async () => {
  const KeyId = await newKey();
  const material = randomBytes(32);
  assert.equal(codeOf(await give(KeyId, material)), 'none');
  const blob = await encrypt(KeyId);
  const lost = await labelsOf(KeyId);
  const token = await openPkcs11Token(rig.hsm.settings);
  for (const label of lost) await token.destroy(label);
  await token.close();
  assert.equal(codeOf(await give(KeyId, material)), 'none');
  await opens(blob);
  const found = await labelsOf(KeyId);
  assert.deepEqual([found.length, found.some((label) => lost.includes(label))], [1, false]);
});

test('imports and deletions at once leave a key that works, or none', async () => {
  const KeyId = await newKey();
  const material = randomBytes(32);
  assert.equal(codeOf(await give(KeyId, material)), 'none');
  const blob = await encrypt(KeyId);
  const { PublicKey, ImportToken } = await importParameters(rig.server, KeyId, 'RSAES_OAEP_SHA_1');
  const EncryptedKeyMaterial = wrap(PublicKey, material, 'RSAES_OAEP_SHA_1');
  for (let round = 0; round < 10; round++) {
    const calls = [
      rig.server.call('DeleteKeyMaterial', { KeyId }),
      rig.server.call('ImportKeyMaterial', { KeyId, EncryptedKeyMaterial, ImportToken }),
      rig.server.call('DeleteKeyMaterial', { KeyId }),
      rig.server.call('ImportKeyMaterial', { KeyId, EncryptedKeyMaterial, ImportToken }),
    ];
    for (const answer of await Promise.all(calls))
      assert.equal(codeOf(answer), 'none', JSON.stringify(answer.body));
    const { KeyState } = await describe(rig.server, KeyId);
    if (KeyState === 'Enabled') await opens(blob);
    else assert.deepEqual([KeyState, await labelsOf(KeyId)], ['PendingImport', []]);
  }
});
