import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { DoesNotOpen } from '../domain-key.ts';
import type { Key } from '../key.ts';
import { codeOf, type EngineTest, PLAINTEXT } from './engine-suite.ts';

const contexts = fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.string({ maxLength: 8 }), {
  maxKeys: 4,
  noNullPrototype: true,
});
const flipped = (blob: Uint8Array, bit: number): Buffer => {
  const changed = Buffer.from(blob);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
};
/** Key and version are looked up by name before anything is decrypted. */
const NAMES = { from: 2, to: 34 } as const;

export function messages({ test }: EngineTest): void {
  test('what is encrypted is decrypted, with the same context alone', async (bench) => {
    const key = await bench.stored();
    const anything = fc.uint8Array({ maxLength: 6144 });
    const property = fc.asyncProperty(anything, contexts, contexts, async (plaintext, context, other) => {
      const { blob, keyVersionId } = await bench.ring.encrypt(key, plaintext, context);
      assert.equal(keyVersionId, key.primaryVersionId);
      assert.equal(blob.length, 110 + plaintext.length + 16);
      assert.deepEqual(new Uint8Array(await bench.decrypt(key, blob, context)), plaintext);
      const sorted = (pairs: object) => JSON.stringify(Object.entries(pairs).sort());
      if (sorted(context) === sorted(other)) return;
      assert.equal(await codeOf(bench.decrypt(key, blob, other)), 'InvalidParameter');
    });
    await fc.assert(property, { numRuns: 30 });
  });

  test('every flipped bit and every truncation is refused alike', async (bench) => {
    const key = await bench.stored();
    const { blob } = await bench.ring.encrypt(key, PLAINTEXT, { a: 'b' });
    const bits = Array.from({ length: blob.length * 8 }, (_, bit) => bit);
    const codes = await Promise.all(
      bits.map(async (bit) => {
        const named = bit >> 3 >= NAMES.from + 16 && bit >> 3 < NAMES.to;
        const code = await codeOf((async () => bench.decrypt(key, flipped(blob, bit), { a: 'b' }))());
        return code === (named ? 'Forbidden.KeyNotFound' : 'InvalidParameter') ? [] : [`bit ${bit}: ${code}`];
      }),
    );
    assert.deepEqual(codes.flat(), []);
    for (let length = 0; length < blob.length; length++) {
      const code = await codeOf((async () => bench.decrypt(key, blob.subarray(0, length), { a: 'b' }))());
      assert.equal(code, 'InvalidParameter', `${length} bytes`);
    }
    assert.deepEqual(await bench.decrypt(key, blob, { a: 'b' }), PLAINTEXT);
  });

  test('parts of two blobs of one epoch do not mix', async (bench) => {
    const key = await bench.stored();
    const [a, b] = await Promise.all(
      ['one message', 'two message'].map((text) => bench.ring.encrypt(key, Buffer.from(text), undefined)),
    );
    assert.ok(a && b);
    assert.deepEqual(a.blob.subarray(0, 66), b.blob.subarray(0, 66), 'one epoch');
    for (const cut of [78, 110, a.blob.length - 16]) {
      const mixed = Buffer.concat([a.blob.subarray(0, cut), b.blob.subarray(cut)]);
      assert.equal(await codeOf(bench.decrypt(key, mixed)), 'InvalidParameter', `cut at ${cut}`);
    }
  });

  test('no salt and nonce come twice, also where many begin an epoch, and no salt outlives its minute', async (bench) => {
    let now = 0;
    const ring = bench.ringOf(bench.tested.engine(() => now, 5));
    const key = await bench.stored();
    const seen = new Map<string, Map<string, number>>();
    const blobs: Buffer[] = [];
    for (const wait of [0, 1, 59_999, 60_000, 20_000, 0]) {
      now += wait;
      const many = Array.from({ length: 12 }, () => ring.encrypt(key, PLAINTEXT, undefined));
      for (const { blob } of await Promise.all(many)) {
        blobs.push(blob);
        const [salt, nonce] = [blob.toString('hex', 34, 66), blob.toString('hex', 66, 78)];
        const nonces = seen.get(salt) ?? new Map<string, number>();
        assert.ok(!nonces.has(nonce), `nonce ${nonce} repeats`);
        seen.set(salt, nonces.set(nonce, now));
      }
    }
    for (const nonces of seen.values()) {
      assert.ok(nonces.size <= 5, `${nonces.size} messages`);
      assert.ok(Math.max(...nonces.values()) - Math.min(...nonces.values()) < 60_000);
    }
    assert.ok(
      [...seen.values()].some(({ size }) => size === 5),
      'a salt serves several messages',
    );
    const later = bench.ringOf(bench.tested.engine());
    for (const blob of blobs) assert.deepEqual(await bench.decrypt(key, blob, undefined, later), PLAINTEXT);
  });

  test('what is kept is bound to every part of the version it was made for', async (bench) => {
    const key = bench.sample();
    const version = key.primaryVersionId ?? '';
    const kept = await bench.engine.generate(key, version);
    assert.notDeepEqual(await bench.engine.generate(key, version), kept);
    await bench.engine.open(
      { ...key, description: 'may change', state: 'Disabled', revision: 9 },
      version,
      kept,
    );
    for (const [edit, id] of [
      [{ keyId: 'k' }, version],
      [{ accountId: '1000000000000002' }, version],
      [{ region: 'cn-beijing' }, version],
      [{ origin: 'EXTERNAL' }, version],
      [{ keySpec: 'Aliyun_AES_128' }, version],
      [{}, 'another version'],
    ] as const satisfies readonly (readonly [Partial<Key>, string])[]) {
      await assert.rejects(bench.engine.open({ ...key, ...edit }, id, kept), DoesNotOpen);
    }
    for (let at = 0; at < kept.length; at += 7) {
      await assert.rejects(bench.engine.open(key, version, flipped(kept, at * 8)), DoesNotOpen, `byte ${at}`);
    }
  });

  test('each spec that is offered works, in its own suite, which cannot be exchanged', async (bench) => {
    const { suiteOf } = bench.tested;
    assert.deepEqual([...(bench.engine.specsIn('cn-hangzhou') ?? [])].sort(), Object.keys(suiteOf).sort());
    for (const [keySpec, suite] of Object.entries(suiteOf)) {
      const key = await bench.stored({ keySpec });
      const { blob } = await bench.ring.encrypt(key, PLAINTEXT, undefined);
      assert.equal(blob[1], suite);
      assert.deepEqual(await bench.decrypt(key, blob), PLAINTEXT);
      for (const other of [1, 2, 3].filter((id) => id !== suite)) {
        const renamed = Buffer.from(blob);
        renamed[1] = other;
        assert.equal(await codeOf(bench.decrypt(key, renamed)), 'InvalidParameter');
      }
    }
  });

  test('material that was erased is gone, also from memory; what was made later stays', async (bench) => {
    const key = await bench.stored();
    const { blob } = await bench.ring.encrypt(key, PLAINTEXT, undefined);
    await bench.decrypt(key, blob);
    const version = await bench.store.keys.findVersion(key.keyId, key.primaryVersionId ?? '');
    assert.ok(version);
    const next = { ...key, revision: 2 };
    await bench.store.keys.replaceWithVersion(next, { ...version, wrappedMaterial: null }, 1e9);
    const later = await bench.ring.newVersion(next, randomUUID());
    await bench.ring.erase(key);
    assert.equal(await codeOf(bench.decrypt(next, blob)), 'Forbidden.KeyNotFound');
    assert.equal(
      await codeOf(bench.ring.encrypt(next, PLAINTEXT, undefined)),
      'Forbidden.KeyVersionNotFound',
    );
    const last = { ...next, revision: 3, primaryVersionId: later.keyVersionId };
    assert.equal(await bench.store.keys.replaceWithVersion(last, later, 1e9), 'replaced');
    const again = await bench.ring.encrypt(last, PLAINTEXT, undefined);
    assert.deepEqual(await bench.decrypt(last, again.blob), PLAINTEXT);
  });

  test('a version that was rotated away still opens what it sealed, and the new one seals', async (bench) => {
    const key = await bench.stored();
    const { blob } = await bench.ring.encrypt(key, PLAINTEXT, undefined);
    const version = await bench.ring.newVersion(key, randomUUID());
    const next = { ...key, revision: 2, primaryVersionId: version.keyVersionId };
    await bench.store.keys.replaceWithVersion(next, version, 1e9);
    const fresh = await bench.ring.encrypt(next, PLAINTEXT, undefined);
    assert.equal(fresh.keyVersionId, version.keyVersionId);
    assert.deepEqual(await bench.decrypt(next, blob), PLAINTEXT);
    assert.deepEqual(await bench.decrypt(next, fresh.blob), PLAINTEXT);
    await bench.ring.discard(next, await bench.ring.newVersion(next, randomUUID()));
    assert.deepEqual(
      await bench.decrypt(next, fresh.blob),
      PLAINTEXT,
      'what was discarded is something else',
    );
  });
}
