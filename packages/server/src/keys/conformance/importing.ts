import assert from 'node:assert/strict';
import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import type { WrappingAlgorithm } from '@keyhold/api/kms/import.ts';
import { SecretBytes } from '../../secret-bytes.ts';
import { type Ciphertext, parseCiphertext, uuidBytes } from '../ciphertext.ts';
import { DoesNotOpen } from '../domain-key.ts';
import type { ImportedMaterial, Material } from '../engine.ts';
import type { Key } from '../key.ts';
import { type Bench, codeOf, type EngineTest, newMaterial, PLAINTEXT } from './engine-suite.ts';

const PADDINGS = {
  RSAES_OAEP_SHA_1: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
  RSAES_OAEP_SHA_256: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
  RSAES_PKCS1_V1_5: { padding: constants.RSA_PKCS1_PADDING },
} as const satisfies Record<WrappingAlgorithm, object>;
const ALGORITHMS = Object.keys(PADDINGS) as WrappingAlgorithm[];

/** A pair of the engine, and what a customer does with it. */
async function customer(bench: Bench, key: Key, algorithm: WrappingAlgorithm) {
  const { publicKey, handle, wrappedBytes } = await bench.engine.makeWrapping(key, 'RSA_2048', algorithm);
  const rsa = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  assert.equal(wrappedBytes, 256);
  const wrap = (material: Uint8Array) => publicEncrypt({ key: rsa, ...PADDINGS[algorithm] }, material);
  // The caller of the engine wipes a handle that it took out of an import token: each use has its own.
  const send = (wrapped: Uint8Array, known: Uint8Array | null = null, to = key) =>
    bench.engine.importMaterial(
      to,
      to.primaryVersionId ?? '',
      { handle: new SecretBytes(handle.open().slice()), algorithm, wrapped },
      known,
    );
  return { rsa, wrap, send };
}

export function importing({ test }: EngineTest): void {
  for (const algorithm of ALGORITHMS) {
    test(`${algorithm}: takes a key of the right length in, or refuses before anything is wrapped`, async (bench) => {
      const key = bench.sample({ origin: 'EXTERNAL' });
      if (bench.tested.unsupported.includes(algorithm)) {
        const work = bench.engine.makeWrapping(key, 'RSA_2048', algorithm);
        await assert.rejects(work, { code: 'UnsupportedOperation', message: /RSAES_OAEP_SHA_1/ });
        return;
      }
      const { rsa, wrap, send } = await customer(bench, key, algorithm);
      for (const wrong of [
        wrap(newMaterial().subarray(1)),
        wrap(Buffer.concat([newMaterial(), Buffer.alloc(1)])),
        wrap(newMaterial().subarray(16)),
        Buffer.alloc(256),
        Buffer.alloc(256, 255),
        wrap(newMaterial()).map((byte, at) => (at === 200 ? byte ^ 1 : byte)),
        publicEncrypt({ key: rsa, ...PADDINGS[otherThan(algorithm)] }, newMaterial()),
      ]) {
        assert.equal(await send(wrong), undefined);
      }
      const imported = await send(wrap(newMaterial()));
      assert.ok(imported);
      const blob = await (await open(bench, key, imported)).encrypt(PLAINTEXT, undefined);
      assert.equal(blob.length, 110 + PLAINTEXT.length + 16);
      await assert.rejects(open(bench, { ...key, keyId: 'k' }, imported), DoesNotOpen);
    });
  }

  test('a key takes the same material again and no other, and fingerprints of two keys are unlike', async (bench) => {
    const [one, two] = [1, 2].map(() => bench.sample({ origin: 'EXTERNAL' }));
    assert.ok(one && two);
    const material = newMaterial();
    const { wrap, send } = await customer(bench, one, 'RSAES_OAEP_SHA_1');
    const first = (await send(wrap(material))) ?? assert.fail();
    const again = (await send(wrap(material), first.fingerprint)) ?? assert.fail();
    assert.deepEqual(again.fingerprint, first.fingerprint);
    assert.notDeepEqual(again.kept, first.kept);
    assert.equal(await send(wrap(newMaterial()), first.fingerprint), undefined);
    const other = (await send(wrap(material), null, two)) ?? assert.fail();
    assert.notDeepEqual(other.fingerprint, first.fingerprint);

    const blob = await (await open(bench, one, first)).encrypt(PLAINTEXT, undefined);
    assert.deepEqual(await (await open(bench, one, again)).decrypt(parsed(blob), undefined), PLAINTEXT);
    // Two keys with the same material still cannot open each other's ciphertext (KMS semantics 14).
    const material2 = await open(bench, two, other);
    const renamed = Buffer.concat([blob.subarray(0, 2), uuids(two), blob.subarray(34)]);
    for (const tried of [
      parsed(blob),
      { ...parsed(blob), keyVersionId: two.primaryVersionId ?? '' },
      parsed(renamed),
    ]) {
      const work = (async () => material2.decrypt(tried, undefined))();
      assert.equal(await codeOf(work), 'InvalidParameter');
    }
  });

  test('a pair is another each time', async (bench) => {
    const key = bench.sample({ origin: 'EXTERNAL' });
    const pairs = [1, 2, 3].map(() => bench.engine.makeWrapping(key, 'RSA_2048', 'RSAES_OAEP_SHA_1'));
    const keys = (await Promise.all(pairs)).map(({ publicKey }) => publicKey.toString('hex'));
    assert.equal(new Set(keys).size, 3);
  });
}

const open = (bench: Bench, key: Key, { kept }: ImportedMaterial): Promise<Material> =>
  bench.engine.open(key, key.primaryVersionId ?? '', kept);
const parsed = (blob: Buffer): Ciphertext => parseCiphertext('CiphertextBlob', blob.toString('base64'));
const uuids = ({ keyId, primaryVersionId }: Key): Buffer =>
  Buffer.concat([uuidBytes(keyId), uuidBytes(primaryVersionId ?? '')]);
const otherThan = (algorithm: WrappingAlgorithm): WrappingAlgorithm =>
  algorithm === 'RSAES_OAEP_SHA_1' ? 'RSAES_PKCS1_V1_5' : 'RSAES_OAEP_SHA_1';
