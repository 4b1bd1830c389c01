import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';

/**
 * Signs as C2SP's signed notes do: the text, an empty line, and
 * `— <origin> <Base64 of 4 bytes that name the key, and an Ed25519 signature of the text>`.
 */
const SIGNATURE = /^— ([!-~]+) ([A-Za-z0-9+/]+=*)\n$/;
const ED25519 = 1;
const RAW_BYTES = 32;
const KEY_ID_BYTES = 4;

/** The public half of the key that signs checkpoints. */
export class TrailPublicKey {
  readonly pem: string;
  /** SHA-256 of the key in DER (SubjectPublicKeyInfo), in hex. */
  readonly fingerprint: string;
  /** First line of every checkpoint, and the name of the key: the beginning of the fingerprint is in it. */
  readonly origin: string;
  readonly #key: KeyObject;
  readonly #keyId: Buffer;

  /** From PEM, or a private key. Throws where it is no Ed25519 key. */
  constructor(source: string | KeyObject) {
    this.#key = createPublicKey(source);
    if (this.#key.asymmetricKeyType !== 'ed25519') throw new TypeError('not an Ed25519 key');
    const der = this.#key.export({ type: 'spki', format: 'der' });
    this.pem = this.#key.export({ type: 'spki', format: 'pem' }).toString();
    this.fingerprint = hash('sha256', der, 'hex');
    this.origin = `keyhold-trail/${this.fingerprint.slice(0, 16)}`;
    const named = Buffer.concat([
      Buffer.from(`${this.origin}\n`),
      Uint8Array.of(ED25519),
      der.subarray(-RAW_BYTES),
    ]);
    this.#keyId = hash('sha256', named, 'buffer').subarray(0, KEY_ID_BYTES);
  }

  note(text: string, signature: Uint8Array): string {
    return `${text}\n— ${this.origin} ${Buffer.concat([this.#keyId, signature]).toString('base64')}\n`;
  }

  /** The checkpoint in a note that this key signed, undefined for anything else. */
  open(note: string): Checkpoint | undefined {
    const end = note.lastIndexOf('\n\n') + 1;
    const [, name, base64 = ''] = SIGNATURE.exec(note.slice(end + 1)) ?? [];
    if (name !== this.origin) return undefined;
    const signature = Buffer.from(base64, 'base64');
    // Base64 that is not as it was written would make two notes of one.
    if (signature.toString('base64') !== base64 || !signature.subarray(0, KEY_ID_BYTES).equals(this.#keyId)) {
      return undefined;
    }
    const text = note.slice(0, end);
    if (!verify(null, Buffer.from(text), this.#key, signature.subarray(KEY_ID_BYTES))) return undefined;
    return parseCheckpoint(this.origin, text);
  }
}
