import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readTarHeader, tarHeader } from './tar.ts';

const entry = fc.record({
  name: fc.stringMatching(/^[a-z0-9./-]{1,99}$/),
  size: fc.oneof(
    fc.nat(),
    fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    fc.constantFrom(8 ** 11 - 1, 8 ** 11),
  ),
  time: fc.nat({ max: 8 ** 11 - 1 }),
});

test('a header is read as it was written', () => {
  fc.assert(
    fc.property(entry, (written) => assert.deepEqual(readTarHeader(tarHeader(written)), { ...written })),
  );
});

test('any flipped bit of a header is seen: it is another entry, or none', () => {
  fc.assert(
    fc.property(entry, fc.nat({ max: 511 }), fc.nat({ max: 7 }), (written, at, bit) => {
      const header = tarHeader(written);
      header[at] = (header[at] ?? 0) ^ (1 << bit);
      assert.equal(readTarHeader(header), undefined);
    }),
  );
});

test('a known header, as GNU tar 1.35 reads it', () => {
  const header = tarHeader({ name: 'keyhold.db', size: 167_936, time: 1_795_331_525 });
  assert.equal(header.toString('latin1', 0, 10), 'keyhold.db');
  assert.equal(header.toString('latin1', 100, 136), '0000600\x000000000\x000000000\x0000000510000\x00');
  assert.equal(header.toString('latin1', 257, 265), 'ustar\x0000');
});
