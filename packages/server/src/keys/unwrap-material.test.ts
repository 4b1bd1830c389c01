import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { unwrapMaterial } from './unwrap-material.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const MATERIAL = randomBytes(32);
const OAEP = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING };

/** A block of 256 bytes, encrypted as it stands. */
const raw = (block: Uint8Array): Buffer =>
  publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, block);

/** `00 02 | 221 bytes that are not 0 | 00 | material`. */
const goodBlock = (): Buffer =>
  Buffer.concat([Uint8Array.of(0, 2), Buffer.alloc(221, 0x5a), Uint8Array.of(0), MATERIAL]);

const pkcs1 = (wrapped: Uint8Array, bytes = 32) =>
  unwrapMaterial(privateKey, 'RSAES_PKCS1_V1_5', wrapped, bytes);

test('PKCS #1 v1.5: a block of exactly the right form gives its material', () => {
  const { fits, material } = pkcs1(raw(goodBlock()));
  assert.ok(fits);
  assert.deepEqual(Buffer.from(material.open()), MATERIAL);
  const usual = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, MATERIAL);
  assert.ok(pkcs1(usual).fits);
});

test('PKCS #1 v1.5: a wrong byte anywhere before the material is refused, whatever else is right', () => {
  for (let at = 0; at < 224; at++) {
    const block = goodBlock();
    block[at] = at === 0 ? 1 : at === 1 ? 1 : at === 223 ? 7 : 0;
    if (at === 0) continue; // not below the modulus for every key; the next test has that
    assert.ok(!pkcs1(raw(block)).fits, `byte ${at}`);
  }
  assert.ok(!pkcs1(raw(goodBlock()), 31).fits);
  assert.ok(!pkcs1(raw(goodBlock()), 33).fits);
});

test('PKCS #1 v1.5: random and impossible wrappings never become a key, and never throw', () => {
  // OpenSSL's own reading of the padding makes one in 250 of these a key of 32 bytes.
  for (let i = 0; i < 1500; i++) {
    const wrapped = randomBytes(256);
    wrapped[0] = 0;
    const { fits, material } = pkcs1(wrapped);
    assert.ok(!fits);
    assert.equal(material.open().length, 32);
  }
  for (const wrapped of [Buffer.alloc(256, 0xff), Buffer.alloc(256), Buffer.alloc(0), randomBytes(255)]) {
    assert.ok(!pkcs1(wrapped).fits);
  }
});

for (const [algorithm, oaepHash, other] of [
  ['RSAES_OAEP_SHA_1', 'sha1', 'sha256'],
  ['RSAES_OAEP_SHA_256', 'sha256', 'sha1'],
] as const) {
  test(`${algorithm}: the right hash and length, and no flipped bit`, () => {
    const unwrap = (wrapped: Uint8Array) => unwrapMaterial(privateKey, algorithm, wrapped, 32);
    const wrapped = publicEncrypt({ ...OAEP, oaepHash }, MATERIAL);
    const { fits, material } = unwrap(wrapped);
    assert.ok(fits);
    assert.deepEqual(Buffer.from(material.open()), MATERIAL);
    for (let at = 0; at < 256; at += 5) {
      const changed = Buffer.from(wrapped);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at & 7));
      const refused = unwrap(changed);
      assert.ok(!refused.fits, `byte ${at}`);
      assert.equal(refused.material.open().length, 32);
    }
    assert.ok(!unwrap(publicEncrypt({ ...OAEP, oaepHash: other }, MATERIAL)).fits);
    assert.ok(!unwrap(publicEncrypt({ ...OAEP, oaepHash, oaepLabel: Buffer.from('x') }, MATERIAL)).fits);
    assert.ok(!unwrap(publicEncrypt({ ...OAEP, oaepHash }, MATERIAL.subarray(1))).fits);
    assert.ok(!unwrap(publicEncrypt({ ...OAEP, oaepHash }, Buffer.alloc(0))).fits);
  });
}
