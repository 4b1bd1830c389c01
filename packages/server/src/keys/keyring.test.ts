import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { ApiError } from '@keyhold/api/errors.ts';
import fc from 'fast-check';
import { SecretBytes } from '../secret-bytes.ts';
import { cached } from '../store/cached-store.ts';
import { sampleKey } from '../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import type { Keys } from '../store/store.ts';
import { parseCiphertext } from './ciphertext.ts';
import { DomainKey } from './domain-key.ts';
import type { EncryptionContext } from './encryption-context.ts';
import type { Key } from './key.ts';
import { Keyring } from './keyring.ts';
import { SoftwareEngine } from './software-engine.ts';
import { KNOWN } from './test-kit/ciphertext-vectors.ts';
import { slowOpen, slowSeal } from './test-kit/slow-cipher.ts';
import { VersionUses } from './version-uses.ts';

const MATERIAL = Uint8Array.from({ length: 32 }, (_, i) => i);
const domainKey = new DomainKey(new SecretBytes(Buffer.alloc(32, 7)));
const openEmpty = emptyStores(testDirectory());
const { store: database } = await openEmpty();
after(() => database.close());
const limits = { keys: 100, versions: 100, aliases: 100, accessKeys: 100, clock: () => performance.now() };
const store = cached(database, limits);

/** A stored key whose material is known. */
async function keyOf(material: Uint8Array, names: Partial<Key> = {}): Promise<Key> {
  const key = sampleKey({ primaryVersionId: randomUUID(), ...names });
  const { keyId, accountId, region, origin, primaryVersionId: keyVersionId } = key;
  assert.ok(keyVersionId);
  const identity = ['key version', accountId, region, keyId, keyVersionId, origin];
  const wrappedMaterial = domainKey.wrap(identity, new SecretBytes(material.slice()));
  await database.keys.create(
    key,
    { keyId, keyVersionId, createdAt: 0, wrappedMaterial, fingerprint: null },
    [],
    1e9,
  );
  return key;
}

const namesOf = ({ keyId, primaryVersionId }: Key) => ({ keyId, keyVersionId: primaryVersionId ?? '' });
const ringOn = (keys: Keys, now: () => number, epochMessages?: number) =>
  new Keyring(
    { SOFTWARE: new SoftwareEngine(domainKey, now, epochMessages) },
    keys,
    new VersionUses(keys, now),
  );
const ringAt = (now: () => number, epochMessages?: number) => ringOn(store.keys, now, epochMessages);
const ring = ringAt(Date.now);
const key = await keyOf(MATERIAL);

const decrypt = (blob: Buffer, context?: EncryptionContext, from = ring): Promise<Buffer> =>
  from.decrypt(key, parseCiphertext('CiphertextBlob', blob.toString('base64')), context);

/** The code of the refusal; fails where there is none. */
const codeOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    const message = error.code === 'InvalidParameter' ? '"CiphertextBlob"' : 'Key is not found';
    assert.ok(error.message.includes(message), error.message);
    return error.code;
  }
  return 'none';
};

test('opens what others sealed, and so does the slow cipher', async () => {
  const known = await keyOf(MATERIAL, KNOWN);
  for (const { name, counter, context, plaintext, rest } of KNOWN.messages) {
    const blob = KNOWN.header + rest;
    const opened = await ring.decrypt(known, parseCiphertext('CiphertextBlob', blob), context);
    assert.equal(opened.toString(), plaintext, name);
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(counter, 8);
    const sealed = await slowSeal(
      MATERIAL,
      namesOf(known),
      KNOWN.salt,
      nonce,
      context,
      Buffer.from(plaintext),
    );
    assert.equal(sealed.toString('base64'), blob, name);
  }
});

const contexts = fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.string({ maxLength: 8 }), {
  maxKeys: 4,
  noNullPrototype: true,
});

test('agrees with the slow cipher both ways', async () => {
  const anything = fc.uint8Array({ maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(anything, contexts, async (plaintext, context) => {
      const { blob, keyVersionId } = await ring.encrypt(key, plaintext, context);
      assert.equal(keyVersionId, key.primaryVersionId);
      const opened = await slowOpen(MATERIAL, namesOf(key), context, blob);
      assert.deepEqual(new Uint8Array(opened), plaintext);
      const sealed = await slowSeal(
        MATERIAL,
        namesOf(key),
        randomBytes(32),
        randomBytes(12),
        context,
        plaintext,
      );
      assert.deepEqual(new Uint8Array(await decrypt(sealed, context)), plaintext);
    }),
    { numRuns: 60 },
  );
});

test('every flipped bit is refused alike, and leaves the blob itself readable', async () => {
  const { blob } = await ring.encrypt(key, Buffer.from('SGVsbG8='), { a: 'b' });
  for (let bit = 0; bit < blob.length * 8; bit++) {
    const changed = Buffer.from(blob);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    // The version is looked up by its name (KMS semantics 10.5); the key's name is checked by the tag as well.
    const named = bit >> 3 >= 18 && bit >> 3 < 34;
    const code = await codeOf(() => decrypt(changed, { a: 'b' }));
    assert.equal(code, named ? 'Forbidden.KeyNotFound' : 'InvalidParameter', `bit ${bit}`);
  }
  assert.equal((await decrypt(blob, { a: 'b' })).toString(), 'SGVsbG8=');
});

test('a changed blob read first does not spoil the right one', async () => {
  const { blob } = await ring.encrypt(key, Buffer.from('x'), undefined);
  const fresh = ringAt(Date.now);
  const changed = Buffer.from(blob);
  changed[5] = (changed[5] ?? 0) ^ 1;
  assert.equal(await codeOf(() => decrypt(changed, undefined, fresh)), 'InvalidParameter');
  assert.equal((await decrypt(blob, undefined, fresh)).toString(), 'x');
});

test('every truncation and extension is refused alike', async () => {
  const { blob } = await ring.encrypt(key, Buffer.from('SGVsbG8='), undefined);
  for (let length = 0; length < blob.length; length++) {
    assert.equal(
      await codeOf(async () => decrypt(blob.subarray(0, length))),
      'InvalidParameter',
      `${length}`,
    );
  }
  for (const more of [1, 2, 16, 126]) {
    for (const longer of [
      Buffer.concat([blob, randomBytes(more)]),
      Buffer.concat([blob, Buffer.alloc(more)]),
    ]) {
      assert.equal(await codeOf(() => decrypt(longer)), 'InvalidParameter', `+${more}`);
    }
  }
});

test('a blob that authenticates but commits to another key is refused', async () => {
  const seal = (claimed?: Uint8Array) =>
    slowSeal(MATERIAL, namesOf(key), Buffer.alloc(32), Buffer.alloc(12), {}, Buffer.from('x'), claimed);
  assert.equal((await decrypt(await seal())).toString(), 'x');
  const honest = (await seal()).subarray(78, 110);
  for (const flipped of [0, 31]) {
    const claimed = honest.map((byte, i) => (i === flipped ? byte ^ 1 : byte));
    assert.equal(await codeOf(async () => decrypt(await seal(claimed))), 'InvalidParameter');
  }
});

test('parts of two blobs of one epoch do not mix', async () => {
  const [a, b] = await Promise.all([
    ring.encrypt(key, Buffer.from('one message'), undefined),
    ring.encrypt(key, Buffer.from('two message'), undefined),
  ]);
  assert.deepEqual(a.blob.subarray(0, 66), b.blob.subarray(0, 66), 'one epoch');
  for (const cut of [78, 110, a.blob.length - 16]) {
    const mixed = Buffer.concat([a.blob.subarray(0, cut), b.blob.subarray(cut)]);
    assert.equal(await codeOf(() => decrypt(mixed)), 'InvalidParameter', `cut at ${cut}`);
  }
});

test('a context opens only with the same pairs, in any order', async () => {
  await fc.assert(
    fc.asyncProperty(contexts, contexts, fc.infiniteStream(fc.nat()), async (context, other, order) => {
      const { blob } = await ring.encrypt(key, Buffer.from('x'), context);
      const shuffled = Object.entries(context)
        .map((pair): [number, [string, string]] => [order.next().value ?? 0, pair])
        .sort(([a], [b]) => a - b)
        .map(([, pair]) => pair);
      assert.equal((await decrypt(blob, Object.fromEntries(shuffled))).toString(), 'x');
      const sorted = (pairs: EncryptionContext) => JSON.stringify(Object.entries(pairs).sort());
      if (sorted(context) === sorted(other)) return;
      assert.equal(await codeOf(() => decrypt(blob, other)), 'InvalidParameter');
    }),
  );
});

test('contexts that the vendor takes for one are two; an empty one is none', async () => {
  const pairs: readonly [EncryptionContext | undefined, EncryptionContext | undefined, boolean][] = [
    [{ a: 'b&c=d' }, { a: 'b', c: 'd' }, false],
    [{ ab: 'c' }, { a: 'bc' }, false],
    [{ a: 'b' }, { a: 'b', c: '' }, false],
    [{ a: '' }, undefined, false],
    [{ '': '' }, {}, false],
    [{ A: 'b' }, { a: 'b' }, false],
    [{ é: '' }, { 'e\u0301': '' }, false],
    [{}, undefined, true],
    [undefined, {}, true],
  ];
  for (const [sealedWith, openedWith, same] of pairs) {
    const { blob } = await ring.encrypt(key, Buffer.from('x'), sealedWith);
    const code = await codeOf(() => decrypt(blob, openedWith));
    assert.equal(code, same ? 'none' : 'InvalidParameter', JSON.stringify([sealedWith, openedWith]));
  }
});

test('a blob opens under its own key only', async () => {
  const other = await keyOf(MATERIAL);
  const { blob } = await ring.encrypt(other, Buffer.from('x'), undefined);
  assert.equal(await codeOf(() => decrypt(blob)), 'Forbidden.KeyNotFound');
  // Two keys with the same material still cannot open each other's ciphertext (KMS semantics 14).
  const renamed = Buffer.from(blob);
  renamed.set((await ring.encrypt(key, Buffer.from('x'), undefined)).blob.subarray(2, 34), 2);
  assert.equal(await codeOf(() => decrypt(renamed)), 'InvalidParameter');
});

test('no salt and nonce come twice, and no salt serves longer than an epoch', async () => {
  const EPOCH_MESSAGES = 5;
  const seen = new Map<string, Map<string, number>>();
  let clock = 0;
  const fast = ringAt(() => clock, EPOCH_MESSAGES);
  const step = fc.record({
    wait: fc.constantFrom(0, 1, 20_000, 59_999, 60_000),
    messages: fc.integer({ min: 1, max: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      for (const { wait, messages } of steps) {
        clock += wait;
        const at = clock;
        const sealed = await Promise.all(
          Array.from({ length: messages }, () => fast.encrypt(key, MATERIAL, undefined)),
        );
        for (const { blob } of sealed) {
          const salt = blob.toString('hex', 34, 66);
          const nonce = blob.toString('hex', 66, 78);
          const nonces = seen.get(salt) ?? new Map<string, number>();
          assert.ok(!nonces.has(nonce), `nonce ${nonce} repeats`);
          seen.set(salt, nonces.set(nonce, at));
        }
      }
      for (const nonces of seen.values()) {
        assert.ok(nonces.size <= EPOCH_MESSAGES, `${nonces.size} messages`);
        const times = [...nonces.values()];
        assert.ok(Math.max(...times) - Math.min(...times) < 60_000);
      }
    }),
    { numRuns: 30 },
  );
  assert.ok(
    [...seen.values()].some((nonces) => nonces.size === EPOCH_MESSAGES),
    'a salt serves several messages',
  );
});

test('earlier epochs and earlier processes stay readable', async () => {
  let clock = 0;
  const before = ringAt(() => clock, 2);
  const blobs: Buffer[] = [];
  for (let i = 0; i < 7; i++) {
    clock += 30_000;
    blobs.push((await before.encrypt(key, Buffer.from(`message ${i}`), { i: String(i) })).blob);
  }
  const salts = new Set(blobs.map((blob) => blob.toString('hex', 34, 66)));
  assert.equal(salts.size, 4);
  const later = ringOn(cached(database, limits).keys, () => clock);
  for (const reader of [before, later]) {
    for (const [i, blob] of blobs.entries()) {
      assert.equal((await decrypt(blob, { i: String(i) }, reader)).toString(), `message ${i}`);
    }
  }
});

test('new material is random, wrapped, and bound to every part of the key it was made for', async () => {
  const made = sampleKey({ primaryVersionId: randomUUID() });
  const version = await ring.newVersion(made, made.primaryVersionId ?? '');
  const twin = await ring.newVersion(made, made.primaryVersionId ?? '');
  assert.notDeepEqual(version.wrappedMaterial, twin.wrappedMaterial);
  const edits: readonly Partial<Key>[] = [
    { keyId: randomUUID() },
    { accountId: '1000000000000002' },
    { region: 'cn-beijing' },
    { origin: 'EXTERNAL' },
    { primaryVersionId: randomUUID() },
    { description: 'not bound: may change', state: 'Disabled' },
  ];
  for (const edit of edits) {
    const edited = { ...made, ...edit };
    const { keyId, primaryVersionId } = edited;
    const { store: other } = await openEmpty();
    await other.keys.create(edited, { ...version, keyId, keyVersionId: primaryVersionId ?? '' }, [], 1);
    const encrypted = ringOn(other.keys, Date.now).encrypt(edited, MATERIAL, undefined);
    if ('state' in edit) await encrypted;
    else {
      await assert.rejects(encrypted, (error: Error) => {
        assert.ok(!(error instanceof ApiError), 'the caller is told nothing');
        return error.message.includes(keyId) && error.message.includes('does not open');
      });
    }
    await other.close();
  }
});

test('a key without a usable version does not encrypt', async () => {
  const noVersion = sampleKey({ primaryVersionId: null, state: 'PendingImport', origin: 'EXTERNAL' });
  const lostVersion = sampleKey({ primaryVersionId: randomUUID() });
  for (const bare of [noVersion, lostVersion]) {
    await assert.rejects(ring.encrypt(bare, MATERIAL, undefined), { code: 'Forbidden.KeyVersionNotFound' });
  }
});

for (const [keySpec, suite] of [
  ['Aliyun_AES_256', 1],
  ['Aliyun_AES_192', 1],
  ['Aliyun_AES_128', 1],
  ['Aliyun_SM4', 2],
] as const) {
  test(`a key of ${keySpec} opens what it sealed, no flipped bit, and nothing of another suite`, async () => {
    const made = sampleKey({ primaryVersionId: randomUUID(), keySpec });
    await database.keys.create(made, await ring.newVersion(made, made.primaryVersionId ?? ''), [], 1e9);
    const { blob } = await ring.encrypt(made, MATERIAL, { a: 'b' });
    assert.equal(blob[1], suite);
    const opened = (changed: Buffer) =>
      ring.decrypt(made, parseCiphertext('CiphertextBlob', changed.toString('base64')), { a: 'b' });
    assert.deepEqual(new Uint8Array(await opened(blob)), MATERIAL);
    for (let at = 34; at < blob.length; at++) {
      const changed = Buffer.from(blob);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at & 7));
      assert.equal(await codeOf(() => opened(changed)), 'InvalidParameter', `byte ${at}`);
    }
    const renamed = Buffer.from(blob);
    renamed[1] = 3 - suite;
    assert.equal(await codeOf(() => opened(renamed)), 'InvalidParameter');
  });
}

test('one material in two suites or two versions gives unlike keys', async () => {
  const short = MATERIAL.slice(0, 16);
  const ids = { keyId: randomUUID(), primaryVersionId: randomUUID() };
  const sm4 = await keyOf(short, { ...ids, keySpec: 'Aliyun_SM4' });
  const { blob } = await ring.encrypt(sm4, Buffer.from('x'), undefined);
  const { store: other } = await openEmpty();
  const row = await database.keys.findVersion(ids.keyId, ids.primaryVersionId);
  const aes = { ...sm4, keySpec: 'Aliyun_AES_128' };
  await other.keys.create(aes, row ?? null, [], 1);
  const otherRing = ringOn(other.keys, Date.now);
  await otherRing.encrypt(aes, Buffer.from('x'), undefined);
  for (const suite of [1, 2]) {
    const renamed = Buffer.from(blob);
    renamed[1] = suite;
    const parsed = parseCiphertext('CiphertextBlob', renamed.toString('base64'));
    assert.equal(await codeOf(() => otherRing.decrypt(aes, parsed, undefined)), 'InvalidParameter');
  }
  await other.close();
});

test('material of another length than its spec does not open', async () => {
  const wrong = await keyOf(MATERIAL.slice(0, 16));
  await assert.rejects(ring.encrypt(wrong, MATERIAL, undefined), /does not open/);
});

test('a version whose material was erased neither encrypts nor decrypts, also from memory', async () => {
  const made = await keyOf(MATERIAL);
  const { blob } = await ring.encrypt(made, MATERIAL, undefined);
  const parsed = parseCiphertext('CiphertextBlob', blob.toString('base64'));
  await ring.decrypt(made, parsed, undefined);
  const version = await store.keys.findVersion(made.keyId, made.primaryVersionId ?? '');
  assert.ok(version);
  const next = { ...made, revision: made.revision + 1 };
  await store.keys.replaceWithVersion(next, { ...version, wrappedMaterial: null }, 1e9);
  await ring.erase(next);
  assert.equal(await codeOf(() => ring.decrypt(next, parsed, undefined)), 'Forbidden.KeyNotFound');
  await assert.rejects(ring.encrypt(next, MATERIAL, undefined), { code: 'Forbidden.KeyVersionNotFound' });
});

test('the suite is part of what keys are derived from', async () => {
  const short = MATERIAL.slice(0, 16);
  for (const [keySpec, suite, keyBytes] of [
    ['Aliyun_AES_128', 1, 32],
    ['Aliyun_SM4', 2, 16],
  ] as const) {
    const made = await keyOf(short, { keySpec });
    const { blob } = await ring.encrypt(made, Buffer.from('x'), undefined);
    const label = Buffer.concat([
      Buffer.from('keyhold ciphertext v1'),
      Uint8Array.of(suite),
      blob.subarray(2, 34),
    ]);
    const base = await crypto.subtle.importKey('raw', short, 'HKDF', false, ['deriveBits']);
    const salt = new Uint8Array(blob.subarray(34, 66));
    const algorithm = { name: 'HKDF', hash: 'SHA-256', salt, info: new Uint8Array(label) };
    const bits = Buffer.from(await crypto.subtle.deriveBits(algorithm, base, (keyBytes + 32) * 8));
    assert.deepEqual(blob.subarray(78, 110), bits.subarray(keyBytes), keySpec);
  }
});
