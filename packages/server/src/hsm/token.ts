/**
 * A hardware security module that holds AES keys and never gives them away. A key is named by its label,
 * which the caller chooses; whoever makes one must be the only one to use that label.
 *
 * Data is never encrypted by a key itself. For each `seed` the token derives a message key inside, so that GCM's
 * limit of 2^32 messages counts for a seed and not for a key: whoever draws a fresh random seed for each
 * process and epoch, and counts nonces under it, never repeats one, without anything to be stored first.
 *
 * Every method but `health` and `close` rejects with `TokenUnavailable` when the token does not answer in time, and with
 * `TokenRefused` when it will not do what was asked, now or later. Arguments stay unchanged and unwiped until
 * then; results belong to the caller.
 */
export interface Token {
  /** Which one, for messages. */
  readonly source: string;

  /** A new random key. */
  makeKey(label: string, bits: KeyBits): Promise<void>;
  /** Bytes that differ for every other key or seed: in a ciphertext, they commit to the key that opens it. */
  commitment(label: string, seed: Uint8Array): Promise<Buffer>;
  /**
   * AES-256-GCM under the message key of `seed`: ciphertext and tag. `seed` has 32 bytes, `nonce` 12 and no other
   * call ever had both the same.
   */
  seal(
    label: string,
    seed: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): Promise<Buffer>;
  /** Undefined, for whatever reason, where the bytes were not sealed like this. */
  open(
    label: string,
    seed: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Uint8Array,
  ): Promise<Buffer | undefined>;

  /**
   * A new RSA pair for importing by `algorithm`: its public key, a DER SubjectPublicKeyInfo. The token that
   * cannot unwrap safely that way refuses, `unsupported`.
   */
  makeWrappingPair(label: string, bits: WrappingBits, algorithm: ImportAlgorithm): Promise<Buffer>;
  /** Makes an AES key of encrypted material. The material is in clear inside the token only. */
  importKey(label: string, bits: KeyBits, wrapped: WrappedMaterial): Promise<void>;
  /** 32 bytes that are equal for equal material and binding, and tell nothing about the material. */
  fingerprint(label: string, binding: Uint8Array): Promise<Buffer>;

  /**
   * Destroys the key or pair, for ever; nothing happens where there is none. Another server that uses the same
   * token may have message keys of it still: whoever calls `open` must know that the key is one to be used.
   */
  destroy(label: string): Promise<void>;
  /** Labels of keys and pairs that begin with `prefix`, sorted: finds what a crash left behind. */
  list(prefix: string): Promise<readonly string[]>;
  /** 1 to 1024 random bytes of the token's own generator. */
  random(bytes: number): Promise<Buffer>;

  health(): TokenHealth;
  close(): Promise<void>;
}

export type KeyBits = 128 | 192 | 256;
export type WrappingBits = 2048 | 3072 | 4096;

/** KMS semantics 14. */
export const IMPORT_ALGORITHMS = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'RSAES_PKCS1_V1_5'] as const;
export type ImportAlgorithm = (typeof IMPORT_ALGORITHMS)[number];

export interface WrappedMaterial {
  /** Label of the pair it was encrypted for. */
  readonly pair: string;
  readonly algorithm: ImportAlgorithm;
  readonly encrypted: Uint8Array;
}

export interface TokenHealth {
  readonly up: boolean;
  /** What is wrong; undefined while it is up. */
  readonly problem: string | undefined;
  /** How often the connection was lost. */
  readonly losses: number;
  /** Calls that are not answered yet. */
  readonly waiting: number;
}

export const SEED_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** What tokens agree on. */
const LABEL = /^[\x21-\x7e]{1,128}$/;

/** Both throw TypeError: a caller that gets these wrong would lose data or secrecy. */
export function requireLabel(label: string): void {
  if (!LABEL.test(label)) throw new TypeError('labels are 1 to 128 printable characters without spaces');
}
export function requireMessage(seed: Uint8Array, nonce: Uint8Array): void {
  if (seed.length !== SEED_BYTES) throw new TypeError(`a seed has ${SEED_BYTES} bytes`);
  if (nonce.length !== NONCE_BYTES) throw new TypeError(`a nonce has ${NONCE_BYTES} bytes`);
}

/** The token does not answer at present; the same call may succeed later. Nothing is known of its outcome. */
export class TokenUnavailable extends Error {
  override readonly name = 'TokenUnavailable';
}

/**
 * - `no-such-key`: nothing has that label
 * - `label-taken`: something has it already
 * - `unsupported`: this token cannot do that
 * - `bad-material`: what was imported is not a key of that size encrypted for that pair
 */
export type Refusal = 'no-such-key' | 'label-taken' | 'unsupported' | 'bad-material';

export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal, message: string) {
    super(message);
    this.refusal = refusal;
  }
}
