import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { encryptBytes } from '../bytes.ts';
import { failsWith, flipped } from '../test-kit/damage.ts';
import { CMK, MemoryKms } from '../test-kit/memory-kms.ts';
import { decryptRange, type Range } from './decrypt-range.ts';

const CHUNK = 4096;
const SIZE = 5 * CHUNK + 100;
const kms = new MemoryKms();
const root = mkdtempSync(join(tmpdir(), 'keyhold-range-'));
after(() => rmSync(root, { recursive: true, force: true }));

const plaintext = Buffer.from(Uint8Array.from({ length: SIZE }, (_, i) => i % 251));
const sealed = await encryptBytes(plaintext, { connect: kms.connect, cmks: [CMK], chunkLog2: 12 });
const headerBytes = sealed.length - SIZE - 6 * 16;
const path = join(root, 'sealed');
writeFileSync(path, sealed);

const read = async (range: Range, from = path): Promise<Buffer> =>
  buffer(decryptRange(from, range, { connect: kms.connect, allow: [CMK] }));

test('a range is what a slice of the plaintext is', async () => {
  const near = fc.nat(SIZE + 50);
  await fc.assert(
    fc.asyncProperty(near, fc.option(near, { nil: undefined }), async (start, length) => {
      if (start > SIZE) return assert.rejects(read({ start, length }), failsWith('RangeOutside'));
      assert.deepEqual(
        await read({ start, length }),
        plaintext.subarray(start, length === undefined ? SIZE : start + length),
      );
      if (start > 0) {
        assert.deepEqual(
          await read({ start: -start, length }),
          plaintext.subarray(SIZE - start, length === undefined ? SIZE : SIZE - start + length),
        );
      }
    }),
    { numRuns: 60 },
  );
  await assert.rejects(read({ start: -SIZE - 1 }), failsWith('RangeOutside'));
  for (const wrong of [{ start: 0.5 }, { start: 0, length: -1 }, { start: Number.NaN }]) {
    await assert.rejects(read(wrong), failsWith('RangeOutside'));
  }
});

test('only the chunks of the range are read: damage elsewhere does not matter, damage there does', async () => {
  const damaged = join(root, 'damaged');
  writeFileSync(damaged, flipped(sealed, 8 * (headerBytes + 2 * (CHUNK + 16) + 7)));
  assert.deepEqual(await read({ start: 0, length: 2 * CHUNK }, damaged), plaintext.subarray(0, 2 * CHUNK));
  assert.deepEqual(await read({ start: 3 * CHUNK }, damaged), plaintext.subarray(3 * CHUNK));
  await assert.rejects(read({ start: 2 * CHUNK - 1, length: 2 }, damaged), failsWith('DamagedChunk'));
});

test('a file that was cut shows where the answer depends on its end', async () => {
  const cut = join(root, 'cut');
  const stored = CHUNK + 16;
  for (const length of [headerBytes + 3 * stored + 16, headerBytes + 3 * stored + 500]) {
    writeFileSync(cut, sealed.subarray(0, length));
    assert.deepEqual(await read({ start: 5, length: 10 }, cut), plaintext.subarray(5, 15));
    for (const range of [{ start: -1 }, { start: 0 }, { start: 0, length: SIZE }, { start: SIZE }]) {
      await assert.rejects(read(range, cut), failsWith('DamagedChunk'), JSON.stringify(range));
    }
  }
  writeFileSync(cut, sealed.subarray(0, headerBytes + 3 * stored));
  await assert.rejects(read({ start: 5, length: 10 }, cut), failsWith('Truncated'));
});
