import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { flipped } from '../test-kit/damage.ts';
import { omac } from './cmac.ts';
import { Eax } from './eax.ts';
import { eaxVectors, generated } from './test-kit/vectors.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** `bytes` in pieces of these lengths, again and again. */
function* pieces(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

describe('the vectors', () => {
  assert.equal(eaxVectors.length, 36);
  for (const vector of eaxVectors) {
    const key = hex(vector.key);
    const nonce = hex(vector.nonce);
    const associated = hex(vector.aad);
    const plaintext =
      vector.plaintext === undefined
        ? generated(vector.plaintextGenerator ?? assert.fail())
        : hex(vector.plaintext);

    test(vector.id, () => {
      const eax = new Eax(key, nonce, associated);
      const ciphertext = eax.seal(plaintext);
      if (vector.ciphertext === undefined) assert.equal(sha256(ciphertext), vector.ciphertextSha256);
      else assert.equal(ciphertext.toString('hex'), vector.ciphertext);
      assert.equal(Buffer.from(eax.tag()).toString('hex'), vector.tag);
      if (vector.omac0 !== undefined) {
        const macs = [omac(key, 0, nonce), omac(key, 1, associated), omac(key, 2, ciphertext)];
        const expected = [vector.omac0, vector.omac1, vector.omac2];
        assert.deepEqual(
          macs.map((mac) => Buffer.from(mac).toString('hex')),
          expected,
        );
      }

      const reader = new Eax(key, nonce, associated);
      for (const piece of pieces(ciphertext, [4096, 1, 15, 16, 17])) reader.authenticate(piece);
      assert.ok(reader.isTag(hex(vector.tag)));
      assert.deepEqual(sha256(new Eax(key, nonce, associated).open(ciphertext)), sha256(plaintext));
    });
  }
});

describe('laws', () => {
  const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
  const message = fc.record({
    key: fc.constantFrom(16, 24, 32).chain(bytes),
    nonce: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    associated: fc.uint8Array({ maxLength: 40 }),
    plaintext: fc.uint8Array({ maxLength: 200 }),
  });
  const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

  test('pieces of any length give the same, and what was sealed is opened', () => {
    fc.assert(
      fc.property(message, lengths, ({ key, nonce, associated, plaintext }, cut) => {
        const whole = new Eax(key, nonce, associated);
        const ciphertext = whole.seal(plaintext);
        const tag = whole.tag();
        const writer = new Eax(key, nonce, associated);
        const parts = [...pieces(plaintext, cut)].map((piece) => writer.seal(piece));
        assert.deepEqual(Buffer.concat(parts), ciphertext);
        assert.deepEqual(writer.tag(), tag);
        const reader = new Eax(key, nonce, associated);
        for (const piece of pieces(ciphertext, cut)) reader.authenticate(piece);
        assert.ok(reader.isTag(tag));
        assert.deepEqual(Uint8Array.from(new Eax(key, nonce, associated).open(ciphertext)), plaintext);
      }),
    );
  });

  test('no bit of ciphertext, nonce, associated data or tag can be flipped, and no shorter tag is right', () => {
    const [key, nonce, associated] = [Buffer.alloc(32, 1), Buffer.alloc(16, 2), Buffer.alloc(5, 3)];
    const writer = new Eax(key, nonce, associated);
    const parts = { nonce, associated, ciphertext: writer.seal(Buffer.alloc(20, 4)), tag: writer.tag() };
    const holds = (changed: Partial<Record<keyof typeof parts, Uint8Array>>): boolean => {
      const all = { ...parts, ...changed };
      const reader = new Eax(key, all.nonce, all.associated);
      reader.authenticate(all.ciphertext);
      return reader.isTag(all.tag);
    };
    assert.ok(holds({}));
    for (const name of ['nonce', 'associated', 'ciphertext', 'tag'] as const) {
      for (let bit = 0; bit < parts[name].length * 8; bit++) {
        assert.ok(!holds({ [name]: flipped(parts[name], bit) }), `${name}, bit ${bit}`);
      }
    }
    for (let length = 0; length < 16; length++) assert.ok(!holds({ tag: parts.tag.subarray(0, length) }));
    assert.ok(!holds({ tag: Buffer.concat([parts.tag, Buffer.alloc(1)]) }));
  });
});
