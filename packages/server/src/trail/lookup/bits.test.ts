import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bitFrom, bitUpTo, intersect, newBits, setBit, unite } from './bits.ts';
import { bodyBytes, decodePostings, encodePostings, LENGTH_BYTES } from './postings.ts';

const TOTAL = 3000;
const lines = fc
  .oneof(
    fc.uniqueArray(fc.nat(TOTAL - 1), { maxLength: 50 }),
    fc.uniqueArray(fc.nat(TOTAL - 1), { minLength: 100, maxLength: TOTAL, size: 'max' }),
    fc.constantFrom([], [0], [TOTAL - 1], [31, 32, 63, 64]),
  )
  .map((some): number[] => [...some].sort((a, b) => a - b));

const bitsOf = (some: readonly number[]) => {
  const bits = newBits(TOTAL);
  for (const line of some) setBit(bits, line);
  return bits;
};
const linesIn = (bits: ReturnType<typeof newBits>): number[] => {
  const found: number[] = [];
  for (let line = bitFrom(bits, 0); line !== -1; line = bitFrom(bits, line + 1)) found.push(line);
  return found;
};

test('bits are sets of lines, read in both directions', () => {
  fc.assert(
    fc.property(lines, lines, (a, b) => {
      assert.deepEqual(linesIn(bitsOf(a)), a);
      const backward: number[] = [];
      const bits = bitsOf(a);
      for (let line = bitUpTo(bits, TOTAL - 1); line !== -1; line = bitUpTo(bits, line - 1))
        backward.push(line);
      assert.deepEqual(backward, a.toReversed());
      const both = bitsOf(a);
      intersect(both, bitsOf(b));
      assert.deepEqual(
        linesIn(both),
        a.filter((line) => b.includes(line)),
      );
      const either = bitsOf(a);
      unite(either, bitsOf(b));
      assert.deepEqual(
        linesIn(either),
        [...new Set([...a, ...b])].sort((x, y) => x - y),
      );
    }),
    { numRuns: 50 },
  );
});

test('postings come back, and are never longer than a bitmap', () => {
  fc.assert(
    fc.property(lines, (some) => {
      const bytes = encodePostings(some, TOTAL);
      const length = bytes.readUInt32LE(0);
      assert.equal(bodyBytes(length), bytes.length - LENGTH_BYTES);
      assert.ok(bodyBytes(length) <= bitsOf(some).byteLength);
      assert.deepEqual(linesIn(decodePostings(length, bytes.subarray(LENGTH_BYTES), TOTAL)), some);
    }),
  );
});
