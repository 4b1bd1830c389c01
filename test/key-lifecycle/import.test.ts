import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { slowOpen } from '@keyhold/server/keys/test-kit/slow-cipher.ts';
import { type Answer, type Parameters, startTestServer, type TestServer } from '../server.ts';
import {
  ALGORITHMS,
  describe,
  externalKey,
  importMaterial,
  importParameters,
  ok,
  wrap,
} from './importing.ts';

const DAY = 86_400_000;
let now = Date.parse('2026-03-01T12:00:00Z');
let server: TestServer;
before(async () => {
  server = await startTestServer({}, () => now);
});
after(() => server[Symbol.asyncDispose]());

const refused = ({ status, body }: Answer, code: string, text = /./): void => {
  assert.deepEqual(
    [status, body.Code],
    [code.startsWith('Rejected.') ? 409 : 400, code],
    JSON.stringify(body),
  );
  assert.match(body.Message, text);
};
const encrypt = async (KeyId: string): Promise<string> =>
  (await ok(server, 'Encrypt', { KeyId, Plaintext: 'cGxhaW4=' })).CiphertextBlob;
const opens = async (CiphertextBlob: string) =>
  assert.equal((await ok(server, 'Decrypt', { CiphertextBlob })).Plaintext, 'cGxhaW4=');

for (const [WrappingKeySpec, algorithms] of [
  ['RSA_2048', ALGORITHMS],
  ['RSA_3072', ['RSAES_OAEP_SHA_256']],
] as const) {
  for (const algorithm of algorithms) {
    test(`material wrapped with ${algorithm} under ${WrappingKeySpec} makes the key usable`, async () => {
      const KeyId = await externalKey(server);
      const given = await importParameters(server, KeyId, algorithm, WrappingKeySpec);
      assert.equal(given.KeyId, KeyId);
      assert.equal(given.TokenExpireTime, `${new Date(now + DAY).toISOString().slice(0, 19)}Z`);
      // As OpenSSL's command line writes it: lines of 64 characters.
      const material = randomBytes(32);
      const lines = wrap(given.PublicKey, material, algorithm).replace(/.{64}/g, '$&\n');
      const { ImportToken } = given;
      await ok(server, 'ImportKeyMaterial', { KeyId, EncryptedKeyMaterial: `${lines}\n`, ImportToken });
      const key = await describe(server, KeyId);
      assert.deepEqual(
        [key.KeyState, key.MaterialExpireTime, key.AutomaticRotation],
        ['Enabled', '', 'Disabled'],
      );
      const blob = await encrypt(KeyId);
      await opens(blob);
      const names = { keyId: KeyId, keyVersionId: key.PrimaryKeyVersion };
      const opened = await slowOpen(material, names, {}, Buffer.from(blob, 'base64'));
      assert.equal(opened.toString(), 'cGxhaW4=', 'whoever has the material can open it without the server');
    });
  }
}

test('the material goes and comes back, and old ciphertext opens again', async () => {
  const KeyId = await externalKey(server);
  const material = randomBytes(32);
  await ok(server, 'DeleteKeyMaterial', { KeyId });
  assert.equal((await importMaterial(server, KeyId, material)).status, 200);
  const { PrimaryKeyVersion } = await describe(server, KeyId);
  const blob = await encrypt(KeyId);

  await ok(server, 'DeleteKeyMaterial', { KeyId });
  const bare = await describe(server, KeyId);
  assert.deepEqual(
    [bare.KeyState, bare.MaterialExpireTime, bare.PrimaryKeyVersion],
    ['PendingImport', '', undefined],
  );
  refused(await server.call('Decrypt', { CiphertextBlob: blob }), 'Rejected.PendingImport');
  await ok(server, 'DeleteKeyMaterial', { KeyId });

  await server.restart();
  refused(await importMaterial(server, KeyId, randomBytes(32)), 'InvalidKeyMaterial', /took first/);
  assert.equal((await importMaterial(server, KeyId, material)).status, 200);
  assert.equal((await describe(server, KeyId)).PrimaryKeyVersion, PrimaryKeyVersion);
  await opens(blob);
  assert.equal((await ok(server, 'ListKeyVersions', { KeyId })).TotalCount, 1);
});

test('an expired material is gone at that instant, for whoever asks, and the same may come back', async () => {
  const KeyId = await externalKey(server);
  const material = randomBytes(32);
  const KeyMaterialExpireUnix = Math.floor(now / 1000) + 3600;
  assert.equal((await importMaterial(server, KeyId, material, { KeyMaterialExpireUnix })).status, 200);
  const expires = `${new Date(KeyMaterialExpireUnix * 1000).toISOString().slice(0, 19)}Z`;
  assert.equal((await describe(server, KeyId)).MaterialExpireTime, expires);
  const blob = await encrypt(KeyId);
  now = KeyMaterialExpireUnix * 1000 - 1;
  await opens(blob);
  now += 1;
  refused(await server.call('Decrypt', { CiphertextBlob: blob }), 'Rejected.PendingImport');
  refused(await server.call('Encrypt', { KeyId, Plaintext: 'x' }), 'Rejected.PendingImport');
  refused(await server.call('EnableKey', { KeyId }), 'Rejected.StateModifiedFailed');
  const { KeyState, MaterialExpireTime } = await describe(server, KeyId);
  assert.deepEqual([KeyState, MaterialExpireTime], ['PendingImport', '']);
  // A change in between keeps the date by which the job finds the material.
  await ok(server, 'UpdateKeyDescription', { KeyId, Description: 'expired' });
  refused(await importMaterial(server, KeyId, randomBytes(32)), 'InvalidKeyMaterial');
  assert.equal((await importMaterial(server, KeyId, material)).status, 200);
  assert.equal((await describe(server, KeyId)).MaterialExpireTime, '', 'the new import says when');
  now += 365 * DAY;
  await opens(blob);
});

test('importing again keeps a disabled key disabled, and only changes when its material expires', async () => {
  const KeyId = await externalKey(server);
  const material = randomBytes(32);
  assert.equal((await importMaterial(server, KeyId, material)).status, 200);
  await ok(server, 'DisableKey', { KeyId });
  const KeyMaterialExpireUnix = Math.floor(now / 1000) + 100;
  assert.equal((await importMaterial(server, KeyId, material, { KeyMaterialExpireUnix })).status, 200);
  const key = await describe(server, KeyId);
  assert.equal(key.KeyState, 'Disabled');
  assert.notEqual(key.MaterialExpireTime, '');
});

test('a key that is to be deleted keeps state and date without its material', async () => {
  const KeyId = await externalKey(server);
  assert.equal((await importMaterial(server, KeyId, randomBytes(32))).status, 200);
  await ok(server, 'ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  const { DeleteDate } = await describe(server, KeyId);
  await ok(server, 'DeleteKeyMaterial', { KeyId });
  const key = await describe(server, KeyId);
  assert.deepEqual([key.KeyState, key.DeleteDate], ['PendingDeletion', DeleteDate]);
  refused(await importMaterial(server, KeyId, randomBytes(32)), 'Rejected.StateModifiedFailed');
  await ok(server, 'CancelKeyDeletion', { KeyId });
  assert.equal((await describe(server, KeyId)).KeyState, 'PendingImport');
});

test('two keys of one material do not open each other’s ciphertext', async () => {
  const material = randomBytes(32);
  const [one, two] = [await externalKey(server), await externalKey(server)];
  for (const KeyId of [one, two]) assert.equal((await importMaterial(server, KeyId, material)).status, 200);
  const id = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex');
  const { PrimaryKeyVersion } = await describe(server, two);
  const blob = Buffer.from(await encrypt(one), 'base64');
  const renamed = Buffer.concat([blob.subarray(0, 2), id(two), id(PrimaryKeyVersion), blob.subarray(34)]);
  refused(await server.call('Decrypt', { CiphertextBlob: renamed.toString('base64') }), 'InvalidParameter');
  await opens(blob.toString('base64'));
});

test('a token serves its key alone, for 24 hours, as often as wanted, across a restart', async () => {
  const [KeyId, other] = [await externalKey(server), await externalKey(server)];
  const material = randomBytes(32);
  const { PublicKey, ImportToken } = await importParameters(server, KeyId);
  const EncryptedKeyMaterial = wrap(PublicKey, material);
  const attempt = (more: Parameters) =>
    server.call('ImportKeyMaterial', { KeyId, EncryptedKeyMaterial, ImportToken, ...more });
  refused(await attempt({ KeyId: other }), 'InvalidImportToken', /another key/);
  const later = await importParameters(server, KeyId);
  refused(await attempt({ ImportToken: later.ImportToken }), 'InvalidKeyMaterial');
  for (const ImportToken of [
    'x',
    'AAAA',
    `${later.ImportToken}AAAA`,
    Buffer.alloc(2000).toString('base64'),
  ]) {
    refused(await attempt({ ImportToken }), 'InvalidImportToken', /issued/);
  }
  assert.equal((await describe(server, KeyId)).KeyState, 'PendingImport', 'nothing has changed');
  await server.restart();
  now += DAY - 1;
  for (let i = 0; i < 2; i++) assert.equal((await attempt({})).status, 200);
  now += 1;
  refused(await attempt({}), 'ExpiredImportToken', /24 hours/);
});

test('what is wrong with the request is said, with the documented code, and changes nothing', async () => {
  const KeyId = await externalKey(server);
  const { PublicKey, ImportToken } = await importParameters(server, KeyId);
  const EncryptedKeyMaterial = wrap(PublicKey, randomBytes(32));
  const good: Parameters = { KeyId, EncryptedKeyMaterial, ImportToken };
  const attempt = (more: Parameters) => server.call('ImportKeyMaterial', { ...good, ...more });
  const short = Buffer.from(EncryptedKeyMaterial, 'base64').subarray(1).toString('base64');
  refused(await attempt({ EncryptedKeyMaterial: short }), 'InvalidKeyMaterial', /255 bytes.*256/);
  refused(await attempt({ EncryptedKeyMaterial: '%%' }), 'InvalidParameter', /EncryptedKeyMaterial/);
  for (const seconds of [Math.floor(now / 1000), 1, -1, 1e12, 'soon']) {
    refused(await attempt({ KeyMaterialExpireUnix: seconds }), 'InvalidParameter', /KeyMaterialExpireUnix/);
  }
  const ours = (await ok(server, 'CreateKey')).KeyMetadata.KeyId;
  refused(await attempt({ KeyId: ours }), 'Unsupported.Origin');
  refused(await server.call('DeleteKeyMaterial', { KeyId: ours }), 'Unsupported.Origin');
  const asking = { KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_1', WrappingKeySpec: 'RSA_2048' };
  refused(await server.call('GetParametersForImport', { ...asking, KeyId: ours }), 'Unsupported.Origin');
  refused(await server.call('GetParametersForImport', { ...asking, KeyId: 'alias/a' }), 'Unsupported.Alias');
  refused(
    await server.call('GetParametersForImport', { ...asking, WrappingKeySpec: 'EC_SM2' }),
    'InvalidParameter',
  );
  refused(
    await server.call('GetParametersForImport', { ...asking, WrappingAlgorithm: 'x' }),
    'InvalidParameter',
  );
  assert.equal((await describe(server, KeyId)).KeyState, 'PendingImport');
  assert.equal((await attempt({ KeyMaterialExpireUnix: 0 })).status, 200);
});

test('every wrong material is refused alike', async () => {
  const fixed = randomBytes(32);
  const messages = new Set<string>();
  for (const algorithm of ALGORITHMS) {
    for (const hasMaterial of [false, true]) {
      const KeyId = await externalKey(server);
      if (hasMaterial) assert.equal((await importMaterial(server, KeyId, fixed)).status, 200);
      const { PublicKey, ImportToken } = await importParameters(server, KeyId, algorithm);
      const wrongHash = algorithm === 'RSAES_OAEP_SHA_1' ? 'RSAES_OAEP_SHA_256' : 'RSAES_OAEP_SHA_1';
      const wrong = [
        wrap(PublicKey, fixed.subarray(1), algorithm),
        wrap(PublicKey, Buffer.concat([fixed, fixed]), algorithm),
        wrap(PublicKey, Buffer.alloc(0), algorithm),
        wrap(PublicKey, fixed, wrongHash),
        Buffer.alloc(256, 0xff).toString('base64'),
        Buffer.alloc(256).toString('base64'),
        ...(hasMaterial ? [wrap(PublicKey, randomBytes(32), algorithm)] : []),
      ];
      const before = await describe(server, KeyId);
      const texts = new Set<string>();
      for (const EncryptedKeyMaterial of wrong) {
        const answer = await server.call('ImportKeyMaterial', { KeyId, EncryptedKeyMaterial, ImportToken });
        refused(answer, 'InvalidKeyMaterial');
        texts.add(answer.body.Message);
        messages.add(answer.body.Message);
      }
      assert.equal(texts.size, 1);
      assert.deepEqual(await describe(server, KeyId), before);
    }
  }
  assert.equal(messages.size, ALGORITHMS.length, 'it names the algorithm, whatever the key holds');
});

for (const [KeySpec, bytes] of [
  ['Aliyun_AES_192', 24],
  ['Aliyun_AES_128', 16],
  ['Aliyun_SM4', 16],
] as const) {
  test(`a key of ${KeySpec} takes ${bytes} bytes`, async () => {
    const KeyId = await externalKey(server, { KeySpec });
    refused(
      await importMaterial(server, KeyId, randomBytes(32)),
      'InvalidKeyMaterial',
      new RegExp(`${bytes} bytes`),
    );
    assert.equal((await importMaterial(server, KeyId, randomBytes(bytes))).status, 200);
    await opens(await encrypt(KeyId));
  });
}

test('many ask for wrapping keys at once: some are told to come back, and none waits for long', async () => {
  const KeyId = await externalKey(server);
  const asking = { KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' };
  const answers = await Promise.all(
    Array.from({ length: 14 }, () => server.call('GetParametersForImport', asking)),
  );
  const statuses = answers.map(({ status }) => status);
  assert.deepEqual([...new Set(statuses)].sort(), [200, 429]);
  const keys = answers.filter(({ status }) => status === 200).map(({ body }) => body.PublicKey);
  assert.equal(new Set(keys).size, keys.length, 'each has a pair of its own');
});
