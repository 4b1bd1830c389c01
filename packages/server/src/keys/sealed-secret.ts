import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { SecretBytes } from '../secret-bytes.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A secret at rest under a 32-byte key, AES-256-GCM with a random nonce: what is sealed is few enough for that.
 *
 *   nonce 12 | ciphertext | tag 16
 *
 * `bound` is authenticated and not part of the result; opening needs the same bytes.
 */
export function sealSecret(key: KeyObject | Uint8Array, bound: Uint8Array, secret: SecretBytes): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(bound);
  const body = Buffer.concat([cipher.update(secret.open()), cipher.final()]);
  return Buffer.concat([nonce, body, cipher.getAuthTag()]);
}

/** Undefined where the bytes were not sealed under this key with the same `bound`. */
export function openSecret(
  key: KeyObject | Uint8Array,
  bound: Uint8Array,
  sealed: Uint8Array,
): SecretBytes | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(bound);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const secret = new SecretBytes(decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)));
  try {
    decipher.final();
    return secret;
  } catch {
    secret.wipe();
    return undefined;
  }
}
