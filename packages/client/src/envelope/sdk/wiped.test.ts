import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import type { DataKeys } from '../keys/data-keys.ts';
import { decryptSampleBytes, encryptSampleBytes } from '../sample/bytes.ts';
import { CMK, MemoryKms, OTHER_CMK } from '../test-kit/memory-kms.ts';
import { decryptSdkBytes, encryptSdkBytes } from './bytes.ts';

/** The rooms that `secretRoom` made for data keys, one byte longer than those: after the work all of them are zeros. */
async function rooms(work: () => Promise<unknown>): Promise<Uint8Array[]> {
  const made: ArrayBuffer[] = [];
  const Original = globalThis.ArrayBuffer;
  const recording = mock.property(
    globalThis,
    'ArrayBuffer',
    class extends Original {
      constructor(length: number) {
        super(length);
        if (length === 33) made.push(this);
      }
    } as typeof ArrayBuffer,
  );
  try {
    await work();
  } finally {
    recording.mock.restore();
  }
  assert.ok(made.length > 0);
  return made.map((buffer) => new Uint8Array(buffer));
}

const kms = new MemoryKms();
const sample = { kms, keyId: CMK, allow: [CMK] };
const sdk = { connect: kms.connect, cmks: [CMK, OTHER_CMK], allow: [CMK] };
const plaintext = new Uint8Array(100);
const sampleFile = await encryptSampleBytes(plaintext, sample);
const message = await encryptSdkBytes(plaintext, sdk);
const damaged = (bytes: Uint8Array, from: number): Uint8Array =>
  Uint8Array.from(bytes).copyWithin(from, from + 8, from + 16);
const badBlob = Object.assign(new MemoryKms(), {
  GenerateDataKey: async (request: Parameters<MemoryKms['GenerateDataKey']>[0]) => ({
    ...(await kms.GenerateDataKey(request)),
    CiphertextBlob: 'AAA',
  }),
});
const noEncrypt: DataKeys = {
  GenerateDataKey: (request) => kms.GenerateDataKey(request),
  Encrypt: () => Promise.reject(new Error('unreachable')),
  Decrypt: (request) => kms.Decrypt(request),
};

/** What KMS answers, with something else in it. */
const answering = (other: object): DataKeys => ({
  ...noEncrypt,
  Decrypt: async (request) => ({ ...(await kms.Decrypt(request)), ...other }),
});
const otherKey = answering({ KeyId: 'key-two' });
const shortKey = answering({ Plaintext: Buffer.alloc(31, 1).toString('base64') });

const WORK: readonly (readonly [name: string, fails: boolean, work: () => Promise<unknown>])[] = [
  ['writing a sample', false, () => encryptSampleBytes(plaintext, sample)],
  [
    'a sample whose blob cannot be used',
    true,
    () => encryptSampleBytes(plaintext, { ...sample, kms: badBlob }),
  ],
  ['reading a sample', false, () => decryptSampleBytes(sampleFile, sample)],
  ['a damaged sample', true, () => decryptSampleBytes(damaged(sampleFile, sampleFile.length - 60), sample)],
  ['a sample of another key', true, () => decryptSampleBytes(sampleFile, { ...sample, allow: [OTHER_CMK] })],
  ['writing a message', false, () => encryptSdkBytes(plaintext, sdk)],
  ['a further CMK that fails', true, () => encryptSdkBytes(plaintext, { ...sdk, connect: () => noEncrypt })],
  ['reading a message', false, () => decryptSdkBytes(message, sdk)],
  ['a damaged body', true, () => decryptSdkBytes(damaged(message, message.length - 80), sdk)],
  ['the key of another CMK', true, () => decryptSdkBytes(message, { ...sdk, connect: () => otherKey })],
  ['a key that is too short', true, () => decryptSampleBytes(sampleFile, { ...sample, kms: shortKey })],
  ['a changed header', true, () => decryptSdkBytes(changedHeaderTag(), sdk)],
];

/** The header's tag stands right before the body: `04 10`, 16 bytes, `30`, a length of one byte more than 0x80. */
function changedHeaderTag(): Uint8Array {
  const changed = Uint8Array.from(message);
  const body = message.length - 100 - 2 - 18 - 14 - 3;
  changed[body - 1] = (changed[body - 1] ?? 0) ^ 1;
  return changed;
}

for (const [name, fails, work] of WORK) {
  test(`no data key outlives ${name}`, async () => {
    const held = await rooms(() => (fails ? assert.rejects(work()) : work()));
    for (const room of held) assert.ok(room.every((byte) => byte === 0));
  });
}

test('a changed header is noticed by its tag', async () => {
  await assert.rejects(decryptSdkBytes(changedHeaderTag(), sdk), { code: 'HeaderModified' });
});
