import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { DoesNotOpen } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';

/**
 * A way into the domain key. Several can exist at once, each with its own wrapping of the same domain key,
 * stored under `domain-key/<kind>`.
 */
export interface RootKey {
  readonly kind: 'file' | 'passphrase';
  /** Where it comes from, for messages: names the file. */
  readonly source: string;
  wrap(domainKey: SecretBytes): Promise<Uint8Array>;
  /** Throws `DoesNotOpen` where the bytes were not wrapped by this root key. */
  unwrap(wrapped: Uint8Array): Promise<SecretBytes>;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM under a 32-byte key: nonce 12 | ciphertext | tag 16. `label` says what is wrapped by what. */
export function sealUnder(key: Uint8Array, label: string, secret: SecretBytes): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(label));
  const body = Buffer.concat([cipher.update(secret.open()), cipher.final()]);
  return Buffer.concat([nonce, body, cipher.getAuthTag()]);
}

export function openUnder(key: Uint8Array, label: string, sealed: Uint8Array): SecretBytes {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new DoesNotOpen();
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), nonce, {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(label));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const secret = new SecretBytes(decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)));
  try {
    decipher.final();
    return secret;
  } catch {
    secret.wipe();
    throw new DoesNotOpen();
  }
}
