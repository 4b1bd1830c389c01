import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto';
import { ApiError } from '@keyhold/api/errors.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { type Ciphertext, COMMITMENT_BYTES, TAG_BYTES, uuidBytes } from './ciphertext.ts';
import type { Suite } from './suites.ts';

/** Keys of one salt: encrypts, and commits to itself so that one blob opens under one key only. */
export interface MessageKeys {
  readonly suite: Suite;
  readonly encryption: KeyObject;
  readonly commitment: Buffer;
}

const LABEL = Buffer.from('keyhold ciphertext v1', 'ascii');

export function newMaterial(bytes: number): SecretBytes {
  return new SecretBytes(randomBytes(bytes));
}

const pool = Buffer.alloc(16_384);
let poolUsed = pool.length;

/**
 * A random data key of `bytes` bytes, 1 to 1024. The caller wipes it. Taken from a pool, because asking the
 * generator for each costs eight times as much; what is taken is wiped from the pool.
 */
export function newDataKey(bytes: number): Buffer {
  if (poolUsed + bytes > pool.length) {
    randomFillSync(pool);
    poolUsed = 0;
  }
  const taken = pool.subarray(poolUsed, poolUsed + bytes);
  poolUsed += bytes;
  const key = Buffer.from(taken);
  taken.fill(0);
  return key;
}

export function randomSalt(bytes: number): Buffer {
  return randomBytes(bytes);
}

export function openMaterial(material: SecretBytes): KeyObject {
  return createSecretKey(material.open());
}

/**
 * HKDF-SHA-256(key version, salt, label ‖ suite ‖ key id ‖ key version id): the suite's key, then 32 bytes to
 * commit. A GCM key of its own for each salt keeps nonces far from the 2^32 limit of random ones.
 */
export function deriveMessageKeys(
  suite: Suite,
  material: KeyObject,
  salt: Uint8Array,
  keyId: string,
  keyVersionId: string,
): MessageKeys {
  const info = Buffer.concat([LABEL, Uint8Array.of(suite.id), uuidBytes(keyId), uuidBytes(keyVersionId)]);
  const okm = new Uint8Array(hkdfSync('sha256', material, salt, info, suite.keyBytes + COMMITMENT_BYTES));
  const encryption = createSecretKey(okm.subarray(0, suite.keyBytes));
  const commitment = Buffer.from(okm.subarray(suite.keyBytes));
  okm.fill(0);
  return { suite, encryption, commitment };
}

/** Header, body and tag in one buffer. `header` holds the nonce already. */
export function seal(
  { suite, encryption }: MessageKeys,
  header: Uint8Array,
  nonce: Uint8Array,
  context: Uint8Array,
  plaintext: Uint8Array,
): Buffer {
  const cipher = createCipheriv(suite.cipher, encryption, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(header);
  if (context.length > 0) cipher.setAAD(context);
  const body = cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([header, body, cipher.getAuthTag()]);
}

/** Every way to fail looks the same: another key, another suite, another context, a changed bit. */
export function open(keys: MessageKeys, blob: Ciphertext, context: Uint8Array): Buffer {
  const { suite, encryption } = keys;
  const committed = timingSafeEqual(keys.commitment, blob.commitment) && suite.id === blob.suiteId;
  const decipher = createDecipheriv(suite.cipher, encryption, blob.nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(blob.header);
  if (context.length > 0) decipher.setAAD(context);
  decipher.setAuthTag(blob.tag);
  const plaintext = decipher.update(blob.body);
  try {
    decipher.final();
    if (committed) return plaintext;
  } catch {
    // falls through to the one refusal
  }
  plaintext.fill(0);
  throw new ApiError('InvalidParameter', { parameter: 'CiphertextBlob' });
}
