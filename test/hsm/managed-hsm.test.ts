import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { describe, ok } from '../key-lifecycle/importing.ts';
import { type Parameters, passingWith } from '../server.ts';
import { type HsmServer, startHsmServer } from './hsm-server.ts';

const DAY = 86_400_000;
let now = Date.parse('2026-03-01T12:00:00Z');
let rig: HsmServer;
before(async () => {
  const clock = () => now;
  rig = await startHsmServer(clock, passingWith(clock));
});
after(() => rig[Symbol.asyncDispose]());

const hsmKey = async (parameters: Parameters = {}): Promise<string> =>
  (await ok(rig.server, 'CreateKey', { ProtectionLevel: 'HSM', ...parameters })).KeyMetadata.KeyId;
const encrypt = async (KeyId: string, more: Parameters = {}): Promise<string> =>
  (await ok(rig.server, 'Encrypt', { KeyId, Plaintext: 'cGxhaW4=', ...more })).CiphertextBlob;
const opens = async (CiphertextBlob: string, more: Parameters = {}) =>
  assert.equal((await ok(rig.server, 'Decrypt', { CiphertextBlob, ...more })).Plaintext, 'cGxhaW4=');
const labelsOf = async (KeyId: string) => (await rig.labels()).filter((label) => label.includes(KeyId));
/** Until the jobs have done what is due. */
const until = async (happened: () => Promise<boolean>) => {
  for (const start = performance.now(); !(await happened()); ) {
    assert.ok(performance.now() - start < 10_000, 'nothing happens');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

test('a key of ProtectionLevel HSM encrypts, decrypts and makes data keys, and its material is in the token', async () => {
  const { KeyMetadata } = await ok(rig.server, 'CreateKey', { ProtectionLevel: 'HSM' });
  const { KeyId, ProtectionLevel, KeySpec, KeyState } = KeyMetadata;
  assert.deepEqual([ProtectionLevel, KeySpec, KeyState], ['HSM', 'Aliyun_AES_256', 'Enabled']);
  assert.equal((await labelsOf(KeyId)).length, 1);
  const EncryptionContext = '{"purpose":"test"}';
  const blob = await encrypt(KeyId, { EncryptionContext });
  assert.equal(Buffer.from(blob, 'base64')[1], 3);
  await opens(blob, { EncryptionContext });
  const wrong = await rig.server.call('Decrypt', { CiphertextBlob: blob });
  assert.deepEqual([wrong.status, wrong.body.Code], [400, 'InvalidParameter']);
  const dataKey = await ok(rig.server, 'GenerateDataKey', { KeyId, KeySpec: 'AES_256' });
  const { CiphertextBlob } = dataKey;
  assert.equal((await ok(rig.server, 'Decrypt', { CiphertextBlob })).Plaintext, dataKey.Plaintext);
  const bare = await ok(rig.server, 'GenerateDataKeyWithoutPlaintext', { KeyId });
  assert.equal(
    Buffer.from(
      (await ok(rig.server, 'Decrypt', { CiphertextBlob: bare.CiphertextBlob })).Plaintext,
      'base64',
    ).length,
    32,
  );
});

test('ciphertext goes from software into the HSM and back', async () => {
  const { KeyId } = (await ok(rig.server, 'CreateKey')).KeyMetadata;
  const inHsm = await hsmKey();
  const first = await encrypt(KeyId);
  const moved = await ok(rig.server, 'ReEncrypt', { CiphertextBlob: first, DestinationKeyId: inHsm });
  await opens(moved.CiphertextBlob);
  const back = await ok(rig.server, 'ReEncrypt', {
    CiphertextBlob: moved.CiphertextBlob,
    DestinationKeyId: KeyId,
  });
  await opens(back.CiphertextBlob);
});

test('it is offered in its region, for what it can hold, and within the quota', async () => {
  const refused = async (parameters: Parameters, code: string) => {
    const before = await rig.labels();
    const { status, body } = await rig.server.call('CreateKey', { ProtectionLevel: 'HSM', ...parameters });
    assert.deepEqual([status, body.Code], [400, code]);
    assert.deepEqual(await rig.labels(), before, 'nothing was made');
  };
  await refused({ RegionId: 'cn-beijing' }, 'Unsupported.ProtectionLevel');
  await refused({ KeySpec: 'Aliyun_SM4' }, 'UnsupportedOperation');
  for (const KeySpec of ['Aliyun_AES_128', 'Aliyun_AES_192'])
    await opens(await encrypt(await hsmKey({ KeySpec })));
  await rig.server.restart({ KEYHOLD_KEY_QUOTA: '1' });
  await refused({}, 'Rejected.LimitExceeded');
  await rig.server.restart();
});

test('versions: rotation makes another key in the token, and the old one still opens', async () => {
  const KeyId = await hsmKey({ EnableAutomaticRotation: true, RotationInterval: '7d' });
  const first = await encrypt(KeyId);
  const { PrimaryKeyVersion } = await describe(rig.server, KeyId);
  now += 7 * DAY;
  await until(async () => (await describe(rig.server, KeyId)).PrimaryKeyVersion !== PrimaryKeyVersion);
  const second = await encrypt(KeyId);
  now += 7 * DAY;
  await ok(rig.server, 'CreateKeyVersion', { KeyId });
  const third = await encrypt(KeyId);
  assert.ok((await labelsOf(KeyId)).length >= 3);
  await rig.server.restart();
  for (const blob of [first, second, third]) await opens(blob);
});

test('a key that is destroyed leaves the token', async () => {
  const KeyId = await hsmKey();
  now += 7 * DAY;
  await ok(rig.server, 'CreateKeyVersion', { KeyId });
  const blob = await encrypt(KeyId);
  await ok(rig.server, 'ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  assert.equal((await labelsOf(KeyId)).length, 2);
  now += 7 * DAY;
  await until(async () => (await labelsOf(KeyId)).length === 0);
  assert.equal(
    (await rig.server.call('Decrypt', { CiphertextBlob: blob })).body.Code,
    'Forbidden.KeyNotFound',
  );
});

test('the metrics say how it is', async () => {
  const metrics = async () => (await fetch(`${rig.server.url}/metrics`)).text();
  assert.match(await metrics(), /^keyhold_hsm_up 1$/m);
  // What the server does of itself may wait just now.
  await until(async () => /^keyhold_hsm_waiting 0$/m.test(await metrics()));
  assert.equal((await fetch(`${rig.server.url}/healthz`)).status, 200);
});
