import assert from 'node:assert/strict';
import { constants, createPublicKey, type KeyObject, publicEncrypt, randomBytes } from 'node:crypto';
import { encryptByOpenssl } from '../test-kit/openssl.ts';
import { IMPORT_ALGORITHMS, type ImportAlgorithm, type Token, TokenRefused } from '../token.ts';
import { oracle } from './oracle.ts';
import type { TokenTest } from './suite.ts';

const { RSA_NO_PADDING, RSA_PKCS1_OAEP_PADDING, RSA_PKCS1_PADDING } = constants;
const SEED = randomBytes(32);
const NONCE = randomBytes(12);

/** As a customer encrypts with node:crypto. */
const ENCRYPT: Readonly<Record<ImportAlgorithm, (key: KeyObject, material: Uint8Array) => Buffer>> = {
  RSAES_OAEP_SHA_1: (key, material) =>
    publicEncrypt({ key, padding: RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, material),
  RSAES_OAEP_SHA_256: (key, material) =>
    publicEncrypt({ key, padding: RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, material),
  RSAES_PKCS1_V1_5: (key, material) => publicEncrypt({ key, padding: RSA_PKCS1_PADDING }, material),
};

/** The one answer to everything that is not material for this pair: the same words for each. */
const badMaterial = (error: Error): boolean =>
  error instanceof TokenRefused &&
  error.refusal === 'bad-material' &&
  error.message === 'the material is not a key of 256 bits for this pair';

export function importsConformance({ test, unsupported }: TokenTest): void {
  /** Finding primes takes a token a while: one pair for each algorithm. */
  const made = new Map<ImportAlgorithm, Promise<KeyObject>>();
  const pairFor = async (token: Token, algorithm: ImportAlgorithm) => {
    const pair = `pair/${algorithm}`;
    const spki = () => token.makeWrappingPair(pair, 2048, algorithm);
    const publicKey =
      made.get(algorithm) ?? spki().then((key) => createPublicKey({ key, format: 'der', type: 'spki' }));
    made.set(algorithm, publicKey);
    return { pair, publicKey: await publicKey };
  };
  const supported = IMPORT_ALGORITHMS.filter((algorithm) => !unsupported.includes(algorithm));

  for (const algorithm of supported) {
    test(`${algorithm}: material that node:crypto or openssl encrypted becomes the key`, async (token, label) => {
      const { pair, publicKey } = await pairFor(token, algorithm);
      for (const bits of [128, 192, 256] as const) {
        for (const [peer, encrypt] of [
          ['node', ENCRYPT[algorithm]],
          ['openssl', (key: KeyObject, bytes: Uint8Array) => encryptByOpenssl(key, algorithm, bytes)],
        ] as const) {
          const key = `${label}/${peer}/${bits}`;
          const material = randomBytes(bits / 8);
          await token.importKey(key, bits, { pair, algorithm, encrypted: encrypt(publicKey, material) });
          const sealed = await token.seal(key, SEED, NONCE, SEED, NONCE);
          assert.deepEqual(sealed, oracle.seal(material, SEED, NONCE, SEED, NONCE), key);
          assert.deepEqual(await token.open(key, SEED, NONCE, SEED, sealed), NONCE);
          const expected = oracle.mac(material, 'keyhold token commitment v1:', SEED);
          assert.deepEqual(await token.commitment(key, SEED), expected);
          const fingerprint = oracle.mac(material, 'keyhold token fingerprint v1:', NONCE);
          assert.deepEqual(await token.fingerprint(key, NONCE), fingerprint);
        }
      }
    });

    test(`${algorithm}: tampered material never becomes a key`, async (token, label) => {
      const { pair, publicKey } = await pairFor(token, algorithm);
      const encrypted = ENCRYPT[algorithm](publicKey, randomBytes(32));
      const refuses = (blob: Uint8Array) =>
        assert.rejects(
          token.importKey(`${label}/key`, 256, { pair, algorithm, encrypted: blob }),
          badMaterial,
        );
      for (let at = 0; at < encrypted.length; at += 8) {
        await refuses(encrypted.map((byte, i) => (i === at ? byte ^ (1 << ((at >> 3) % 8)) : byte)));
      }
      await refuses(encrypted.subarray(1));
      await refuses(Buffer.concat([encrypted, Buffer.alloc(1)]));
      await refuses(Buffer.alloc(0));
      await refuses(Buffer.alloc(256, 0xff));
      for (const length of [0, 1, 15, 16, 24, 25, 31, 33, 40, 48, 64]) {
        await refuses(ENCRYPT[algorithm](publicKey, randomBytes(length)));
      }
      for (const other of IMPORT_ALGORITHMS.filter((name) => name !== algorithm)) {
        await refuses(ENCRYPT[other](publicKey, randomBytes(32)));
      }
      assert.deepEqual(await token.list(`${label}/`), []);
      await token.importKey(`${label}/key`, 256, { pair, algorithm, encrypted });
    });
  }

  if (supported.includes('RSAES_PKCS1_V1_5')) {
    test('RSAES_PKCS1_V1_5: every wrong padding is refused alike', async (token, label) => {
      const algorithm = 'RSAES_PKCS1_V1_5' as const;
      const { pair, publicKey: key } = await pairFor(token, algorithm);
      const block = Buffer.concat([Buffer.of(0, 2), Buffer.alloc(221, 0x77), Buffer.of(0), randomBytes(32)]);
      const changed = (...changes: readonly (readonly [at: number, byte: number])[]) => {
        const copy = Buffer.from(block);
        for (const [at, byte] of changes) copy[at] = byte;
        return copy;
      };
      const encrypted = (of: Buffer) => publicEncrypt({ key, padding: RSA_NO_PADDING }, of);
      const wrong = {
        'a first byte that is not 0': changed([0, 1]),
        'block type 1': changed([1, 1]),
        'block type 0': changed([1, 0]),
        'no padding bytes': changed([2, 0]),
        'seven padding bytes': changed([9, 0]),
        'no separator': changed([223, 0x77]),
        'a separator one byte early': changed([222, 0]),
        'nothing but zeros after the type': Buffer.concat([Buffer.of(0, 2), Buffer.alloc(254)]),
      };
      for (const [name, of] of Object.entries(wrong)) {
        const wrapped = { pair, algorithm, encrypted: encrypted(of) };
        await assert.rejects(token.importKey(`${label}/key`, 256, wrapped), badMaterial, name);
      }
      await token.importKey(`${label}/key`, 256, { pair, algorithm, encrypted: encrypted(block) });
    });
  }

  for (const algorithm of unsupported) {
    test(`${algorithm}: is refused before a customer encrypts anything`, async (token, label) => {
      await assert.rejects(
        token.makeWrappingPair(label, 2048, algorithm),
        (error: Error) => error instanceof TokenRefused && error.refusal === 'unsupported',
      );
      assert.deepEqual(await token.list(label), []);
    });
  }

  test('equal material has equal fingerprints under one binding', async (token, label) => {
    const algorithm = 'RSAES_OAEP_SHA_1' as const;
    const { pair, publicKey: key } = await pairFor(token, algorithm);
    const [material, binding] = [randomBytes(32), Buffer.from('key id')];
    const encrypt = () => ({ pair, algorithm, encrypted: ENCRYPT[algorithm](key, material) });
    await token.importKey(`${label}/1`, 256, encrypt());
    await token.importKey(`${label}/2`, 256, encrypt());
    const first = await token.fingerprint(`${label}/1`, binding);
    assert.deepEqual(await token.fingerprint(`${label}/2`, binding), first);
    assert.notDeepEqual(await token.fingerprint(`${label}/2`, Buffer.from('other')), first);
  });

  test('a pair opens nothing that was encrypted for another, and is of the size asked for', async (token, label) => {
    const algorithm = 'RSAES_OAEP_SHA_1' as const;
    const spki = await token.makeWrappingPair(`${label}/a`, 3072, algorithm);
    const a = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    assert.equal(a.asymmetricKeyDetails?.modulusLength, 3072);
    assert.equal(a.asymmetricKeyDetails?.publicExponent, 65_537n);
    const b = await pairFor(token, algorithm);
    const material = randomBytes(32);
    for (const [pair, other] of [
      [`${label}/a`, b.publicKey],
      [b.pair, a],
    ] as const) {
      const wrapped = { pair, algorithm, encrypted: ENCRYPT[algorithm](other, material) } as const;
      await assert.rejects(token.importKey(`${label}/key`, 256, wrapped), badMaterial);
    }
    const wrapped = { pair: `${label}/a`, algorithm, encrypted: ENCRYPT[algorithm](a, material) } as const;
    await token.importKey(`${label}/key`, 256, wrapped);
  });
}
