import {
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import type { SecretBytes } from '../secret-bytes.ts';
import { frame } from './framing.ts';
import { openSecret, sealSecret } from './sealed-secret.ts';

const FORMAT = 1;
const MESSAGE_SALT_BYTES = 16;

/** What a secret belongs to, field by field. */
type Identity = readonly (string | Uint8Array)[];

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
  readonly #fingerprints: KeyObject;
  readonly #messages: KeyObject;

  constructor(secret: SecretBytes) {
    this.#wrapping = subkey(secret, 'keyhold domain key: wrapping v1');
    this.#authentication = subkey(secret, 'keyhold domain key: row authentication v1');
    this.#fingerprints = subkey(secret, 'keyhold domain key: fingerprints v1');
    this.#messages = subkey(secret, 'keyhold domain key: messages v1');
  }

  wrap(identity: Identity, secret: SecretBytes): Buffer {
    return Buffer.concat([Uint8Array.of(FORMAT), sealSecret(this.#wrapping, frame(identity), secret)]);
  }

  /** Throws `DoesNotOpen` where the bytes were not wrapped for this identity under this key. */
  unwrap(identity: Identity, wrapped: Uint8Array): SecretBytes {
    if (wrapped[0] !== FORMAT) throw new DoesNotOpen();
    const secret = openSecret(this.#wrapping, frame(identity), wrapped.subarray(1));
    if (secret === undefined) throw new DoesNotOpen();
    return secret;
  }

  /**
   * Seals what travels and comes back: session tokens, diagnoses. Callers decide how many there are, so each has a
   * key of its own, which GCM's limit for random nonces does not concern.
   *
   *   format 1 | salt 16 | nonce 12 | ciphertext | tag 16
   */
  sealMessage(purpose: Identity, secret: SecretBytes): Buffer {
    const salt = randomBytes(MESSAGE_SALT_BYTES);
    const sealed = sealSecret(this.#messageKey(salt), frame(purpose), secret);
    return Buffer.concat([Uint8Array.of(FORMAT), salt, sealed]);
  }

  /** Throws `DoesNotOpen` where the bytes were not sealed for this purpose under this key. */
  openMessage(purpose: Identity, message: Uint8Array): SecretBytes {
    const bodyAt = 1 + MESSAGE_SALT_BYTES;
    if (message[0] !== FORMAT || message.length < bodyAt) throw new DoesNotOpen();
    const key = this.#messageKey(message.subarray(1, bodyAt));
    const secret = openSecret(key, frame(purpose), message.subarray(bodyAt));
    if (secret === undefined) throw new DoesNotOpen();
    return secret;
  }

  #messageKey(salt: Uint8Array): KeyObject {
    const bytes = createHmac('sha256', this.#messages).update(salt).digest();
    const key = createSecretKey(bytes);
    bytes.fill(0);
    return key;
  }

  /** HMAC-SHA-256 of a secret, bound to `identity`: says whether two are the same, and nothing without this key. */
  fingerprint(identity: Identity, secret: SecretBytes): Buffer {
    return createHmac('sha256', this.#fingerprints)
      .update(frame([frame(identity)]))
      .update(secret.open())
      .digest();
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
