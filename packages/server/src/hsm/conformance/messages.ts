import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import type { TokenTest } from './suite.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const message = fc.record({
  seed: bytes(32),
  nonce: bytes(12),
  aad: fc.uint8Array({ maxLength: 300 }),
  plaintext: fc.uint8Array({ maxLength: 300 }),
});
const NONCE = new Uint8Array(12);

export function messagesConformance({ test }: TokenTest): void {
  for (const bits of [128, 192, 256] as const) {
    test(`what a key of ${bits} bits seals, it opens`, async (token, label) => {
      await token.makeKey(label, bits);
      const property = fc.asyncProperty(message, async ({ seed, nonce, aad, plaintext }) => {
        const sealed = await token.seal(label, seed, nonce, aad, plaintext);
        assert.equal(sealed.length, plaintext.length + 16);
        const opened = await token.open(label, seed, nonce, aad, sealed);
        assert.deepEqual(opened && new Uint8Array(opened), plaintext);
      });
      await fc.assert(property, { numRuns: 15 });
    });
  }

  test('the longest plaintext and context go through', async (token, label) => {
    await token.makeKey(label, 256);
    const [seed, aad, plaintext] = [randomBytes(32), randomBytes(100_000), randomBytes(100_000)];
    const sealed = await token.seal(label, seed, NONCE, aad, plaintext);
    assert.deepEqual(await token.open(label, seed, NONCE, aad, sealed), plaintext);
  });

  test('any flipped bit, a missing byte, another seed, nonce, context or key does not open', async (token, label) => {
    await token.makeKey(label, 256);
    await token.makeKey(`${label}/other`, 256);
    const [seed, aad] = [randomBytes(32), Buffer.from('context')];
    const sealed = await token.seal(label, seed, NONCE, aad, Buffer.from('secret'));
    const flipped = (input: Uint8Array, bit: number) =>
      input.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    const opens = async (...[key, ...rest]: Parameters<typeof token.open>) => {
      assert.equal(await token.open(key, ...rest), undefined);
    };
    const bits = (input: Uint8Array) => Array.from({ length: input.length * 8 }, (_, bit) => bit);
    await Promise.all([
      ...bits(sealed).map((bit) => opens(label, seed, NONCE, aad, flipped(sealed, bit))),
      ...bits(seed).map((bit) => opens(label, flipped(seed, bit), NONCE, aad, sealed)),
      ...bits(NONCE).map((bit) => opens(label, seed, flipped(NONCE, bit), aad, sealed)),
      ...bits(aad).map((bit) => opens(label, seed, NONCE, flipped(aad, bit), sealed)),
      ...Array.from(sealed.keys(), (length) => opens(label, seed, NONCE, aad, sealed.subarray(0, length))),
      opens(label, seed, NONCE, Buffer.alloc(0), sealed),
      opens(`${label}/other`, seed, NONCE, aad, sealed),
    ]);
    assert.equal(String(await token.open(label, seed, NONCE, aad, sealed)), 'secret');
  });

  test('a commitment is that of one key and one seed', async (token, label) => {
    await token.makeKey(label, 256);
    await token.makeKey(`${label}/other`, 256);
    const [seed, other] = [randomBytes(32), randomBytes(32)];
    const all = [
      await token.commitment(label, seed),
      await token.commitment(label, other),
      await token.commitment(`${label}/other`, seed),
      await token.fingerprint(label, seed),
      await token.fingerprint(label, Buffer.alloc(0)),
    ];
    assert.deepEqual(await token.commitment(label, seed), all[0]);
    assert.deepEqual(new Set(all.map((value) => value.length)), new Set([32]));
    assert.equal(new Set(all.map(String)).size, all.length);
  });

  test('more seeds than the token keeps message keys for all stay usable', async (token, label) => {
    await token.makeKey(label, 256);
    const seeds = Array.from({ length: 600 }, () => randomBytes(32));
    const seal = (seed: Buffer) => token.seal(label, seed, NONCE, seed, seed);
    const sealed = await Promise.all(seeds.map(seal));
    const opened = await Promise.all(
      seeds.map((seed, at) => token.open(label, seed, NONCE, seed, sealed[at] ?? Buffer.alloc(0))),
    );
    assert.deepEqual(opened, seeds);
  });

  test('a seed or nonce of another length is refused', async (token, label) => {
    await token.makeKey(label, 256);
    const none = Buffer.alloc(0);
    for (const [seed, nonce] of [
      [31, 12],
      [33, 12],
      [32, 11],
      [32, 13],
      [32, 0],
    ] as const) {
      const [a, b] = [Buffer.alloc(seed), Buffer.alloc(nonce)];
      await assert.rejects(token.seal(label, a, b, none, none), TypeError);
      await assert.rejects(token.open(label, a, b, none, Buffer.alloc(16)), TypeError);
    }
  });

  test('random bytes are as many as asked for, and others each time', async (token) => {
    for (const length of [1, 16, 32, 1024]) assert.equal((await token.random(length)).length, length);
    assert.notDeepEqual(await token.random(32), await token.random(32));
  });
}
