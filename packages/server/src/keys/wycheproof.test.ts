import assert from 'node:assert/strict';
import { constants, createPrivateKey, createSecretKey, privateDecrypt } from 'node:crypto';
import { describe, test } from 'node:test';
import { ApiError } from '@keyhold/api/errors.ts';
import type { WrappingAlgorithm } from '@keyhold/api/kms/import.ts';
import { hkdf } from '../../../../test/vectors/wycheproof/reference.ts';
import { loadAead, loadHkdf, loadOaep, loadPkcs1 } from '../../../../test/vectors/wycheproof/wycheproof.ts';
import { pkcs1Message } from '../hsm/pkcs1-message.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { sampleKey } from '../store/conformance/samples.ts';
import { COMMITMENT_BYTES, NONCE_BYTES, uuidBytes } from './ciphertext.ts';
import { DomainKey } from './domain-key.ts';
import { frame } from './framing.ts';
import { sealImportToken } from './import-token.ts';
import { Imports } from './imports.ts';
import { KEY_SPECS } from './key-specs.ts';
import { openSecret } from './sealed-secret.ts';
import { deriveMessageKeys, open, seal } from './software.ts';
import { SoftwareEngine } from './software-engine.ts';
import { AES_256_GCM, SM4_GCM } from './suites.ts';
import { unwrapMaterial } from './unwrap-material.ts';

const NONE = Buffer.alloc(0);
const domainKey = new DomainKey(new SecretBytes(Buffer.alloc(32, 7)));

/** One file, and what imports make of it. */
interface WrappingFile {
  readonly vectors: readonly Wrapping[];
  readonly algorithm: WrappingAlgorithm;
  readonly count: number;
  /** How many wrappings are of the form that imports take, whatever their length. */
  readonly takes: number;
  /** The KeySpecs that are tried, and how many keys come of it. */
  readonly specs: readonly string[];
  readonly imports: number;
}

interface Wrapping {
  readonly name: string;
  readonly valid: boolean;
  readonly privateKeyPkcs8: Buffer;
  readonly msg: Buffer;
  readonly ct: Buffer;
  readonly label?: Buffer;
}

const OTHER_MGF1 = 'OAEP SHA-256 with MGF1 SHA-1, 2048';
const ALL = [...KEY_SPECS.keys()];
const ONE = ['Aliyun_AES_256'];
const SHA_1 = 'RSAES_OAEP_SHA_1';
const SHA_256 = 'RSAES_OAEP_SHA_256';
const PKCS_1 = 'RSAES_PKCS1_V1_5';

const file = (
  vectors: readonly Wrapping[],
  algorithm: WrappingAlgorithm,
  [count, takes, imports]: readonly [count: number, takes: number, imports: number],
  specs: readonly string[],
): WrappingFile => ({ vectors, algorithm, count, takes, imports, specs });

/** One message in each file has the 32 bytes of a key; of PKCS #1 with 2048 bits, another has 16. */
const FILES: Readonly<Record<string, WrappingFile>> = {
  'OAEP SHA-1, 2048': file(loadOaep('rsa_oaep_2048_sha1_mgf1sha1'), SHA_1, [36, 10, 1], ALL),
  'OAEP SHA-256, 2048': file(loadOaep('rsa_oaep_2048_sha256_mgf1sha256'), SHA_256, [37, 10, 1], ALL),
  'OAEP SHA-256, 3072': file(loadOaep('rsa_oaep_3072_sha256_mgf1sha256'), SHA_256, [37, 10, 1], ONE),
  'OAEP SHA-256, 4096': file(loadOaep('rsa_oaep_4096_sha256_mgf1sha256'), SHA_256, [37, 10, 1], ONE),
  [OTHER_MGF1]: file(loadOaep('rsa_oaep_2048_sha256_mgf1sha1'), SHA_256, [31, 0, 0], ALL),
  'PKCS #1 v1.5, 2048': file(loadPkcs1(2048), PKCS_1, [67, 42, 3], ALL),
  'PKCS #1 v1.5, 3072': file(loadPkcs1(3072), PKCS_1, [67, 41, 1], ONE),
  'PKCS #1 v1.5, 4096': file(loadPkcs1(4096), PKCS_1, [67, 41, 1], ONE),
};

/** The label of an import is empty, and MGF1 has the hash of the message (KMS semantics 14). */
const isTaken = (fileName: string, { valid, label = NONE }: Wrapping): boolean =>
  fileName !== OTHER_MGF1 && valid && label.length === 0;

const keyOf = ({ privateKeyPkcs8 }: Wrapping) =>
  createPrivateKey({ key: privateKeyPkcs8, format: 'der', type: 'pkcs8' });

for (const [name, { vectors, algorithm, count, takes, specs, imports }] of Object.entries(FILES)) {
  test(`${name}: unwrapped at the length of its message, and by no other algorithm`, () => {
    const taken = vectors.filter((vector) => isTaken(name, vector));
    assert.deepEqual([vectors.length, taken.length], [count, takes]);
    for (const vector of vectors) {
      const privateKey = keyOf(vector);
      const unwrap = (how: WrappingAlgorithm) =>
        unwrapMaterial(privateKey, how, vector.ct, keyLength(vector));
      const { fits, material } = unwrap(algorithm);
      assert.equal(fits, taken.includes(vector), vector.name);
      if (fits) assert.deepEqual(Buffer.from(material.open()), vector.msg, vector.name);
      else assert.equal(material.open().length, keyLength(vector), vector.name);
      if (specs !== ALL) continue;
      for (const other of [SHA_1, SHA_256, PKCS_1] as const) {
        if (other !== algorithm) assert.ok(!unwrap(other).fits, `${vector.name}, as ${other}`);
      }
    }
  });

  test(`${name}: imported as keys, or refused in the same words whatever is wrong`, async () => {
    const engine = new SoftwareEngine(domainKey, Date.now);
    const port = new Imports(domainKey, { SOFTWARE: engine });
    let imported = 0;
    for (const keySpec of specs) {
      const refusals = new Set<string>();
      for (const vector of vectors) {
        const key = sampleKey({ origin: 'EXTERNAL', keySpec });
        const privateKey = new SecretBytes(Buffer.from(vector.privateKeyPkcs8));
        const wrappedBytes = (keyOf(vector).asymmetricKeyDetails?.modulusLength ?? 0) / 8;
        const { token } = sealImportToken(domainKey, key, { algorithm, wrappedBytes }, privateKey, 0);
        const taken = port.take(key, 'v', null, { token, encrypted: vector.ct.toString('base64') }, 1);
        if (isTaken(name, vector) && vector.msg.length === KEY_SPECS.get(keySpec)?.materialBytes) {
          const { kept, fingerprint } = await taken;
          const material = new SecretBytes(vector.msg);
          assert.deepEqual(fingerprint, domainKey.fingerprint(['key material', key.keyId], material));
          await engine.open(key, 'v', kept);
          imported++;
        } else {
          const error: unknown = await taken.then(
            () => assert.fail(vector.name),
            (reason) => reason,
          );
          assert.ok(error instanceof ApiError && error.code === 'InvalidKeyMaterial', vector.name);
          // The length of what was sent is no secret, and told.
          if (vector.ct.length === wrappedBytes) refusals.add(error.message);
        }
      }
      assert.equal(refusals.size, 1, [...refusals].join('\n'));
    }
    assert.equal(imported, imports);
  });
}

/** A message longer than the padding allows is tried at a length that keys have. */
const keyLength = ({ msg, ct }: Wrapping): number => (msg.length > ct.length - 11 ? 32 : msg.length);

/** OpenSSL hides a wrong padding: it answers with random bytes, always the same ones for one ciphertext. */
test('PKCS #1 v1.5: what OpenSSL makes of a wrong padding is no key, at the very length that it has', () => {
  let answers = 0;
  for (const vector of ([2048, 3072, 4096] as const).flatMap(loadPkcs1)) {
    if (vector.valid) continue;
    const key = keyOf(vector);
    let answer: Buffer;
    try {
      answer = privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, vector.ct);
    } catch {
      continue;
    }
    assert.ok(!unwrapMaterial(key, PKCS_1, vector.ct, answer.length).fits, vector.name);
    answers++;
  }
  assert.equal(answers, 62);
});

test('PKCS #1 v1.5: the software token reads the padding of every block as the vectors do', () => {
  const counts = { messages: 0, refused: 0, noBlock: 0 };
  for (const vector of ([2048, 3072, 4096] as const).flatMap(loadPkcs1)) {
    let block: Buffer;
    try {
      block = privateDecrypt({ key: keyOf(vector), padding: constants.RSA_NO_PADDING }, vector.ct);
    } catch {
      assert.ok(!vector.valid, vector.name);
      counts.noBlock++; // not below the modulus, longer, or empty
      continue;
    }
    assert.deepEqual(pkcs1Message(block), vector.valid ? vector.msg : undefined, vector.name);
    counts[vector.valid ? 'messages' : 'refused']++;
  }
  assert.deepEqual(counts, { messages: 124, refused: 62, noBlock: 15 });
});

describe('GCM', () => {
  for (const [suite, file, count, runs] of [
    [AES_256_GCM, 'aes_gcm', 316, { valid: 39, forged: 27 }],
    [SM4_GCM, 'sm4_gcm', 104, { valid: 38, forged: 27 }],
  ] as const) {
    const vectors = loadAead(file);
    // The others have keys of other lengths, or nonces, which a blob has no room for.
    const fit = vectors.filter(({ key, iv }) => key.length === suite.keyBytes && iv.length === NONCE_BYTES);

    test(`${suite.cipher}: blobs are sealed and opened, the forged ones refused`, () => {
      const valid = fit.filter((vector) => vector.valid).length;
      assert.deepEqual([vectors.length, { valid, forged: fit.length - valid }], [count, runs]);
      for (const { name, valid, key, iv: nonce, aad, msg, ct: body, tag } of fit) {
        const commitment = Buffer.alloc(COMMITMENT_BYTES);
        const keys = { suite, encryption: createSecretKey(key), commitment };
        for (const end of [0, aad.length >> 1, aad.length]) {
          const [header, context] = [aad.subarray(0, end), aad.subarray(end)];
          const names = { suiteId: suite.id, keyId: '', keyVersionId: '', salt: NONE };
          const opened = () => open(keys, { ...names, header, nonce, commitment, body, tag }, context);
          const sealed = seal(keys, header, nonce, context, msg);
          assert.equal(sealed.equals(Buffer.concat([header, body, tag])), valid, name);
          if (valid) assert.deepEqual(opened(), msg, name);
          else assert.throws(opened, { code: 'InvalidParameter' }, name);
        }
      }
    });

    if (suite !== AES_256_GCM) continue;
    test('secrets at rest are opened, the forged ones refused', () => {
      for (const { name, valid, key, iv, aad, msg, ct, tag } of fit) {
        const secret = openSecret(createSecretKey(key), aad, Buffer.concat([iv, ct, tag]));
        assert.deepEqual(secret && Buffer.from(secret.open()), valid ? msg : undefined, name);
      }
    });
  }
});

/** HKDF's vectors have an `info` of their own, so none fits; the reference passes all of them. */
describe('HKDF', () => {
  const vectors = loadHkdf();
  const [keyId, versionId] = ['0f3e1c2a-1b2c-4d3e-8f40-112233445566', '86a9efd9-3d16-4894-bd4f-1fc43f3f2abf'];

  test('keys of messages are what the reference makes of the same key and salt', () => {
    assert.equal(vectors.length, 86);
    for (const suite of [AES_256_GCM, SM4_GCM]) {
      const names = [Buffer.from([suite.id]), uuidBytes(keyId), uuidBytes(versionId)];
      const info = Buffer.concat([Buffer.from('keyhold ciphertext v1'), ...names]);
      for (const { name, ikm, salt } of vectors) {
        const keys = deriveMessageKeys(suite, createSecretKey(ikm), salt, keyId, versionId);
        const okm = hkdf(ikm, salt, info, suite.keyBytes + COMMITMENT_BYTES);
        assert.deepEqual(Buffer.concat([keys.encryption.export(), keys.commitment]), okm, name);
      }
    }
  });

  test('what the domain key wraps opens under the key that the reference makes of it', () => {
    for (const { name, ikm } of vectors) {
      const wrapped = new DomainKey(new SecretBytes(ikm)).wrap([name], new SecretBytes(Buffer.from(name)));
      const key = hkdf(ikm, NONE, Buffer.from('keyhold domain key: wrapping v1'), 32);
      const secret = openSecret(createSecretKey(key), frame([name]), wrapped.subarray(1));
      assert.equal(secret && Buffer.from(secret.open()).toString(), name);
    }
  });
});
