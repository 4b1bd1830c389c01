import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { SecretBytes } from '../secret-bytes.ts';
import { frame } from './framing.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = 1;

/**
 * The key between the root key and everything stored: wraps key material and access key secrets, and
 * authenticates rows. What is wrapped is bound to `identity`, so that a row moved or edited in the database
 * does not open.
 *
 *   wrapped: format 1 | nonce 12 | ciphertext | tag 16
 */
export class DomainKey {
  readonly #wrapping: KeyObject;
  readonly #authentication: KeyObject;

  constructor(secret: SecretBytes) {
    this.#wrapping = subkey(secret, 'keyhold domain key: wrapping v1');
    this.#authentication = subkey(secret, 'keyhold domain key: row authentication v1');
  }

  wrap(identity: readonly string[], secret: SecretBytes): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#wrapping, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(frame(identity));
    const body = Buffer.concat([cipher.update(secret.open()), cipher.final()]);
    return Buffer.concat([Uint8Array.of(FORMAT), nonce, body, cipher.getAuthTag()]);
  }

  /** Throws `DoesNotOpen` where the bytes were not wrapped for this identity under this key. */
  unwrap(identity: readonly string[], wrapped: Uint8Array): SecretBytes {
    if (wrapped.length < 1 + NONCE_BYTES + TAG_BYTES || wrapped[0] !== FORMAT) throw new DoesNotOpen();
    const nonce = wrapped.subarray(1, 1 + NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#wrapping, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(frame(identity));
    decipher.setAuthTag(wrapped.subarray(-TAG_BYTES));
    const secret = new SecretBytes(decipher.update(wrapped.subarray(1 + NONCE_BYTES, -TAG_BYTES)));
    try {
      decipher.final();
      return secret;
    } catch {
      secret.wipe();
      throw new DoesNotOpen();
    }
  }

  /** HMAC-SHA-256 over the fields of a row. */
  mac(fields: readonly (string | Uint8Array)[]): Buffer {
    return createHmac('sha256', this.#authentication).update(frame(fields)).digest();
  }

  isMac(fields: readonly (string | Uint8Array)[], mac: Uint8Array): boolean {
    const expected = this.mac(fields);
    return mac.length === expected.length && timingSafeEqual(mac, expected);
  }
}

function subkey(secret: SecretBytes, label: string): KeyObject {
  const bytes = new Uint8Array(hkdfSync('sha256', secret.open(), new Uint8Array(0), label, 32));
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

/** A stored secret is not what this key wrapped for that identity: edited, moved, or another key. */
export class DoesNotOpen extends Error {
  override readonly name = 'DoesNotOpen';
}
