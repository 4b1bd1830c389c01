import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, externalKey, importParameters, ok, wrap } from '../key-lifecycle/importing.ts';
import { type Answer, passingWith } from '../server.ts';
import { type HsmServer, startHsmServer } from './hsm-server.ts';

const DAY = 86_400_000;
let now: number;
let rig: HsmServer;
beforeEach(async () => {
  now = Date.parse('2026-03-01T12:00:00Z');
  const clock = () => now;
  rig = await startHsmServer(clock, passingWith(clock));
});
afterEach(() => rig[Symbol.asyncDispose]());

const newKey = async (): Promise<string> =>
  (await ok(rig.server, 'CreateKey', { ProtectionLevel: 'HSM' })).KeyMetadata.KeyId;
const encrypt = async (KeyId: string): Promise<string> =>
  (await ok(rig.server, 'Encrypt', { KeyId, Plaintext: 'cGxhaW4=' })).CiphertextBlob;
const labelsOf = async (KeyId: string) => (await rig.labels()).filter((label) => label.includes(KeyId));
const problems = async (): Promise<string[]> => {
  const { problems } = await (await fetch(`${rig.server.url}/healthz`)).json();
  return problems;
};
const metrics = async () => (await fetch(`${rig.server.url}/metrics`)).text();
const refusal = ({ status, body }: Answer) => [status, body.Code];

async function until(happened: () => Promise<boolean>): Promise<void> {
  // SoftHSM does not start while another process destroys one of its objects.
  const seen = () => happened().catch(() => false);
  for (const start = performance.now(); !(await seen()); await pause(100)) {
    assert.ok(performance.now() - start < 10_000, 'nothing happens');
  }
}
const isDestroyed = async (KeyId: string): Promise<boolean> => {
  const parameters = { 'LookupAttribute.1.Key': 'ResourceName', 'LookupAttribute.1.Value': KeyId };
  const { Events } = (await rig.server.actiontrail('LookupEvents', parameters)).body;
  return Events.some(({ eventName }: { eventName: string }) => eventName === 'DestroyKey');
};

test('a key that is destroyed while its token is away leaves it when it is back, also after a restart', async () => {
  const [doomed, other] = [await newKey(), await newKey()];
  await ok(rig.server, 'ScheduleKeyDeletion', { KeyId: doomed, PendingWindowInDays: 7 });
  rig.hsm.remove();
  await until(async () => (await problems()).includes('hsm'));
  now += 7 * DAY;
  await until(() => isDestroyed(doomed));
  await rig.server.stop();
  rig.hsm.putBack();
  assert.equal((await labelsOf(doomed)).length, 1);
  await rig.server.restart();
  await until(async () => (await labelsOf(doomed)).length === 0);
  await encrypt(other);
});

test('material can be deleted while its token is away: it is gone at once, and from the token when that is back', async () => {
  const KeyId = await externalKey(rig.server, { ProtectionLevel: 'HSM' });
  const { PublicKey, ImportToken } = await importParameters(rig.server, KeyId, 'RSAES_OAEP_SHA_1');
  const EncryptedKeyMaterial = wrap(PublicKey, Buffer.alloc(32, 1), 'RSAES_OAEP_SHA_1');
  await ok(rig.server, 'ImportKeyMaterial', { KeyId, EncryptedKeyMaterial, ImportToken });
  const CiphertextBlob = await encrypt(KeyId);
  rig.hsm.remove();
  await until(async () => (await problems()).includes('hsm'));
  await ok(rig.server, 'DeleteKeyMaterial', { KeyId });
  assert.equal((await describe(rig.server, KeyId)).KeyState, 'PendingImport');
  rig.hsm.putBack();
  await until(async () => (await rig.labels()).every((label) => !label.includes(`/key/${KeyId}/`)));
  await ok(rig.server, 'ImportKeyMaterial', { KeyId, EncryptedKeyMaterial, ImportToken });
  await ok(rig.server, 'Decrypt', { CiphertextBlob });
});

test('HSM keys of a server that makes no more of them work on', async () => {
  const KeyId = await newKey();
  const CiphertextBlob = await encrypt(KeyId);
  await rig.server.restart({ KEYHOLD_HSM_REGIONS: '' });
  const made = await rig.server.call('CreateKey', { ProtectionLevel: 'HSM' });
  assert.deepEqual(refusal(made), [400, 'Unsupported.ProtectionLevel']);
  assert.equal((await ok(rig.server, 'Decrypt', { CiphertextBlob })).Plaintext, 'cGxhaW4=');
  assert.deepEqual(await problems(), []);
  assert.match(await metrics(), /^keyhold_hsm_up 1$/m);
});

test('a server that has no HSM keys, and makes none, does without a token', async () => {
  rig.hsm.remove();
  await rig.server.restart({ KEYHOLD_HSM_REGIONS: '' });
  assert.deepEqual(await problems(), []);
  assert.doesNotMatch(await metrics(), /^keyhold_hsm_up/m);
});

test('HSM keys of a server without its HSM are said to be unavailable, and are destroyed when their time comes', async () => {
  const [KeyId, doomed] = [await newKey(), await newKey()];
  const own = await externalKey(rig.server, { ProtectionLevel: 'HSM' });
  const CiphertextBlob = await encrypt(KeyId);
  await ok(rig.server, 'ScheduleKeyDeletion', { KeyId: doomed, PendingWindowInDays: 7 });
  const unset = ['LIBRARY', 'TOKEN', 'PIN_FILE', 'REGIONS'].map((name) => [`KEYHOLD_HSM_${name}`, '']);
  await rig.server.restart(Object.fromEntries(unset));
  now += 7 * DAY;
  await until(() => isDestroyed(doomed));
  for (const [action, parameters] of [
    ['Decrypt', { CiphertextBlob }],
    ['Encrypt', { KeyId, Plaintext: 'cGxhaW4=' }],
    ['GenerateDataKey', { KeyId }],
    ['CreateKeyVersion', { KeyId }],
    [
      'GetParametersForImport',
      { KeyId: own, WrappingAlgorithm: 'RSAES_OAEP_SHA_1', WrappingKeySpec: 'RSA_2048' },
    ],
  ] as const) {
    const answer = await rig.server.call(action, parameters);
    assert.deepEqual(refusal(answer), [409, 'Rejected.Unavailable'], action);
    assert.match(answer.body.Message, /HSM, which is not set up/);
  }
  assert.deepEqual(await problems(), ['hsm']);
  await ok(rig.server, 'DescribeKey', { KeyId });
  await ok(rig.server, 'DeleteKeyMaterial', { KeyId: own });
  await encrypt((await ok(rig.server, 'CreateKey')).KeyMetadata.KeyId);
  assert.equal((await labelsOf(doomed)).length, 1);
  await rig.server.restart();
  assert.equal((await ok(rig.server, 'Decrypt', { CiphertextBlob })).Plaintext, 'cGxhaW4=');
  await until(async () => (await labelsOf(doomed)).length === 0);
});
