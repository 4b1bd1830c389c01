import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decryptBytes, encryptBytes } from './bytes.ts';
import type { EnvelopeErrorCode } from './envelope-error.ts';
import { joined } from './format/bytes.ts';
import { parseHeader } from './format/header.ts';
import type { ReadOptions } from './keys/open-envelope.ts';
import { DAMAGED, failsWith, flipped } from './test-kit/damage.ts';
import { CMK, MemoryKms, OTHER_CMK } from './test-kit/memory-kms.ts';
import { vectorFile, vectorKms } from './test-kit/vector-files.ts';
import { arnOf, CONTEXT, VECTORS } from './test-kit/vectors.ts';

const CHUNK = 4096;

describe('the vectors', () => {
  for (const vector of VECTORS) {
    const file = vectorFile(vector);
    const kms = vectorKms();
    const options: ReadOptions = { connect: kms.connect, allow: [arnOf('a')], context: CONTEXT };

    test(`${vector.name} is written byte for byte`, () => {
      assert.equal(file.length, vector.fileBytes);
      assert.equal(parseHeader(file).bytes.length, vector.headerBytes);
      assert.equal(createHash('sha256').update(file).digest('hex'), vector.sha256);
    });

    test(`${vector.name} is read`, async () => {
      assert.deepEqual(Buffer.from(await decryptBytes(file, options)), Buffer.from(vector.plaintext));
    });

    test(`${vector.name} is refused after every change of the document`, async () => {
      const stored = CHUNK + 16;
      const chunk = (i: number) =>
        file.subarray(vector.headerBytes + i * stored, vector.headerBytes + (i + 1) * stored);
      const header = file.subarray(0, vector.headerBytes);
      const changes: [string, Uint8Array, EnvelopeErrorCode][] = [
        [
          'without the last byte',
          file.subarray(0, -1),
          vector.plaintext.length % CHUNK ? 'DamagedChunk' : 'Truncated',
        ],
        ['five zero bytes more', joined([file, new Uint8Array(5)]), 'DamagedChunk'],
        ['a bit of the commitment', flipped(file, 60 * 8), 'NoUsableRecipient'],
        ['a bit in the third byte from the end', flipped(file, (file.length - 3) * 8), 'DamagedChunk'],
      ];
      if (vector.chunks > 1) {
        changes.push(
          [
            'without the last 16 bytes',
            file.subarray(0, -16),
            vector.name === 'V3' ? 'Truncated' : 'DamagedChunk',
          ],
          ['chunks 0 and 1 exchanged', joined([header, chunk(1), chunk(0), chunk(2)]), 'DamagedChunk'],
          ['cut after chunk 0', joined([header, chunk(0)]), 'Truncated'],
        );
      }
      for (const [what, changed, code] of changes) {
        await assert.rejects(decryptBytes(changed, options), failsWith(code), what);
      }
      // Byte 100 is in another field of each vector; what matters is that it is noticed.
      await assert.rejects(decryptBytes(flipped(file, 100 * 8), options), failsWith(...DAMAGED));
    });
  }
});

describe('laws', () => {
  const kms = new MemoryKms();
  const write = { connect: kms.connect, cmks: [CMK], chunkLog2: 12 };
  const read = { connect: kms.connect, allow: [CMK] };

  test('what was encrypted is decrypted, for every size around the borders of chunks', async () => {
    for (const chunks of [0, 1, 2, 3]) {
      for (const around of [-17, -16, -15, -1, 0, 1, 15, 16, 17]) {
        const size = chunks * CHUNK + around;
        if (size < 0) continue;
        const plaintext = new Uint8Array(size).fill(7);
        const file = await encryptBytes(plaintext, write);
        assert.deepEqual(await decryptBytes(file, read), plaintext, `${size} bytes`);
      }
    }
  });

  test('what was encrypted is decrypted, whatever the context and the options', async () => {
    const context = fc.dictionary(fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }), fc.string(), {
      maxKeys: 5,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 10_000 }),
        context,
        fc.boolean(),
        fc.integer({ min: 12, max: 24 }),
        async (plaintext, context, storeContext, chunkLog2) => {
          const file = await encryptBytes(plaintext, {
            ...write,
            cmks: [CMK, OTHER_CMK],
            context,
            storeContext,
            chunkLog2,
          });
          assert.deepEqual(await decryptBytes(file, { ...read, context }), plaintext);
          assert.deepEqual(await decryptBytes(file, { ...read, allow: [OTHER_CMK], context }), plaintext);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('no bit of a file can be flipped, no byte be cut off or added', async () => {
    const file = await encryptBytes(new Uint8Array(40).fill(1), { ...write, context: CONTEXT });
    for (let bit = 0; bit < file.length * 8; bit++) {
      await assert.rejects(decryptBytes(flipped(file, bit), read), failsWith(...DAMAGED), `bit ${bit}`);
    }
    for (let length = 0; length < file.length; length++) {
      await assert.rejects(
        decryptBytes(file.subarray(0, length), read),
        failsWith(...DAMAGED),
        `${length} bytes`,
      );
    }
  });

  test('chunks cannot be reordered, repeated, dropped, or taken from another file of the same data key', async () => {
    const [a, b] = await Promise.all(
      [1, 2].map((fill) => encryptBytes(new Uint8Array(3 * CHUNK + 5).fill(fill), write)),
    );
    assert.ok(a && b);
    const start = parseHeader(a).bytes.length;
    const chunksOf = (file: Uint8Array) =>
      [0, 1, 2, 3].map((i) => file.subarray(start + i * (CHUNK + 16), start + (i + 1) * (CHUNK + 16)));
    const pool = [...chunksOf(a), ...chunksOf(b)];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(7), { maxLength: 6 }), async (picks) => {
        fc.pre(picks.join() !== '0,1,2,3');
        const changed = joined([
          a.subarray(0, start),
          ...picks.map((pick) => pool[pick] ?? new Uint8Array(0)),
        ]);
        await assert.rejects(decryptBytes(changed, read), failsWith('Truncated', 'DamagedChunk'));
      }),
    );
    await assert.rejects(decryptBytes(joined([a, b]), read), failsWith('DamagedChunk'));
  });

  test('the same plaintext never gives the same file', async () => {
    const [a, b] = await Promise.all([0, 1].map(() => encryptBytes(new Uint8Array(10), write)));
    assert.notDeepEqual(a, b);
  });
});
