import assert from 'node:assert/strict';
import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { SecretBytes } from '../secret-bytes.ts';
import { sampleKey } from '../store/conformance/samples.ts';
import { DoesNotOpen, DomainKey } from './domain-key.ts';
import type { Key } from './key.ts';
import { SoftwareEngine } from './software-engine.ts';

const domainKey = new DomainKey(new SecretBytes(Buffer.alloc(32, 7)));
const engine = new SoftwareEngine(domainKey, Date.now);
const MATERIAL = randomBytes(32);
const ALGORITHM = 'RSAES_OAEP_SHA_256';
const { publicKey, handle, wrappedBytes } = await engine.makeWrapping(sampleKey(), 'RSA_2048', ALGORITHM);
const external = (changes: Partial<Key> = {}) => sampleKey({ origin: 'EXTERNAL', ...changes });

function imported(key: Key, known: Uint8Array | null, material: Uint8Array = MATERIAL, version = 'v') {
  const rsa = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const wrapped = publicEncrypt({ key: rsa, padding, oaepHash: 'sha256' }, material);
  assert.equal(wrapped.length, wrappedBytes);
  return engine.importMaterial(key, version, { handle, algorithm: ALGORITHM, wrapped }, known);
}

test('a fingerprint knows the material of its key again, and says nothing of another’s', async () => {
  const [one, two] = [external(), external()];
  const first = (await imported(one, null)) ?? assert.fail();
  const again = (await imported(one, first.fingerprint)) ?? assert.fail();
  assert.deepEqual(again.fingerprint, first.fingerprint);
  assert.notDeepEqual(again.kept, first.kept);
  const other = (await imported(two, null)) ?? assert.fail();
  assert.notDeepEqual(other.fingerprint, first.fingerprint);
  assert.equal(await imported(one, other.fingerprint), undefined);
  assert.equal(await imported(one, first.fingerprint, randomBytes(32)), undefined);
  assert.equal(await imported(one, null, randomBytes(31)), undefined);
  const elsewhere = new SoftwareEngine(new DomainKey(new SecretBytes(Buffer.alloc(32, 8))), Date.now);
  const rsa = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  const wrapped = publicEncrypt(
    { key: rsa, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    MATERIAL,
  );
  const far = await elsewhere.importMaterial(one, 'v', { handle, algorithm: ALGORITHM, wrapped }, null);
  assert.notDeepEqual(far?.fingerprint, first.fingerprint, 'it is keyed');
});

test('imported material opens for its own version of its own key', async () => {
  const key = external();
  const { kept } = (await imported(key, null)) ?? assert.fail();
  await engine.open(key, 'v', kept);
  for (const [other, version] of [
    [key, 'w'],
    [{ ...key, keyId: 'k' }, 'v'],
    [{ ...key, origin: 'Aliyun_KMS' }, 'v'],
    [{ ...key, keySpec: 'Aliyun_AES_128' }, 'v'],
  ] as const) {
    await assert.rejects(engine.open(other, version, kept), DoesNotOpen);
  }
});

test('a pair is handed out once', async () => {
  const spkis = new Set<string>();
  for (let i = 0; i < 4; i++) {
    const pair = await engine.makeWrapping(sampleKey(), 'RSA_2048', ALGORITHM);
    spkis.add(pair.publicKey.toString('hex'));
    assert.equal(
      createPublicKey({ key: pair.publicKey, format: 'der', type: 'spki' }).asymmetricKeyDetails
        ?.modulusLength,
      2048,
    );
  }
  assert.equal(spkis.size, 4);
});
