import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decryptBytes, encryptBytes } from './bytes.ts';
import { decryptStream, encryptStream } from './streams.ts';
import { DAMAGED, failsWith, flipped } from './test-kit/damage.ts';
import { CMK, MemoryKms } from './test-kit/memory-kms.ts';

const CHUNK = 4096;
const kms = new MemoryKms();
const write = { connect: kms.connect, cmks: [CMK], chunkLog2: 12 };
const read = { connect: kms.connect, allow: [CMK] };

type Bytes = Uint8Array<ArrayBuffer>;

const source = (parts: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });

/** What came out, and the error it ended with. */
async function through(
  stream: TransformStream<Uint8Array, Bytes>,
  input: readonly Uint8Array[],
): Promise<{ bytes: Buffer; error: unknown }> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of source(input).pipeThrough(stream)) parts.push(part);
    return { bytes: Buffer.concat(parts), error: undefined };
  } catch (error) {
    return { bytes: Buffer.concat(parts), error };
  }
}

const cut = (bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] => {
  const parts = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const end = at + (lengths[i % lengths.length] ?? 1);
    parts.push(bytes.subarray(at, end));
    at = end;
  }
  return parts;
};

const lengths = fc
  .array(fc.oneof(fc.nat(20), fc.nat(2 * CHUNK)), { minLength: 1 })
  .filter((all) => all.some((n) => n > 0));
const someBytes = fc
  .integer({ min: 0, max: 3 * CHUNK + 20 })
  .map((size) => Uint8Array.from({ length: size }, (_, i) => i % 251));

describe('streams', () => {
  test('give the same as buffers, however the input is cut', async () => {
    await fc.assert(
      fc.asyncProperty(someBytes, lengths, lengths, async (plaintext, a, b) => {
        const encrypted = await through(encryptStream(write), cut(plaintext, a));
        assert.equal(encrypted.error, undefined);
        assert.deepEqual(Buffer.from(await decryptBytes(encrypted.bytes, read)), Buffer.from(plaintext));
        const decrypted = await through(decryptStream(read), cut(encrypted.bytes, b));
        assert.equal(decrypted.error, undefined);
        assert.deepEqual(decrypted.bytes, Buffer.from(plaintext));
      }),
      { numRuns: 40 },
    );
  });

  test('release only what was verified: whatever is flipped or cut off, what came is a prefix of whole chunks', async () => {
    const plaintext = Uint8Array.from({ length: 3 * CHUNK + 9 }, (_, i) => i % 253);
    const file = await encryptBytes(plaintext, write);
    const damage = fc.oneof(
      fc.nat(file.length * 8 - 1).map((bit) => flipped(file, bit)),
      fc.nat(file.length - 1).map((length) => file.subarray(0, length)),
      fc.uint8Array({ minLength: 1, maxLength: 5000 }).map((more) => Buffer.concat([file, more])),
    );
    await fc.assert(
      fc.asyncProperty(damage, lengths, async (changed, parts) => {
        const { bytes, error } = await through(decryptStream(read), cut(changed, parts));
        failsWith(...DAMAGED)(error);
        assert.equal(bytes.length % CHUNK, 0);
        assert.deepEqual(bytes, Buffer.from(plaintext.subarray(0, bytes.length)));
      }),
    );
  });

  test('name another input, and an empty one', async () => {
    for (const input of [[], [Buffer.from('age-encryption.org/v1\n')], [new Uint8Array(200)]]) {
      const { error } = await through(decryptStream(read), input);
      failsWith('NotAnEnvelope')(error);
    }
  });

  test('hold no more than was asked for: nothing is read ahead of the reader', async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(CHUNK));
      },
    });
    const reader = endless.pipeThrough(encryptStream(write)).getReader();
    for (let i = 0; i < 5; i++) await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(pulled < 10, `${pulled} chunks were read for 5`);
    await reader.cancel();
  });

  test('fail with what KMS said, and with a length that was promised wrongly', async () => {
    const failing = new MemoryKms();
    failing.failure = new Error('no such key');
    const { error } = await through(encryptStream({ ...write, connect: failing.connect }), [
      new Uint8Array(1),
    ]);
    assert.equal(error, failing.failure);
    const wrong = await through(encryptStream({ ...write, plaintextBytes: 2 }), [new Uint8Array(1)]);
    failsWith('InvalidOption')(wrong.error);
  });
});
