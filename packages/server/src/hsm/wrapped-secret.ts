import { SecretBytes } from '../secret-bytes.ts';
import { NONCE_BYTES, SEED_BYTES, TAG_BYTES, type Token } from './token.ts';

const FORMAT = 1;
const HEAD_BYTES = 1 + SEED_BYTES;
/** Each secret has a message key of its own, which encrypts once. */
const NONCE = new Uint8Array(NONCE_BYTES);

/**
 * A secret of the server under a key of the token. `bound` is authenticated and not part of the result; opening
 * needs the same bytes.
 *
 *   format 1 | seed 32 | ciphertext | tag 16
 */
export async function wrapSecret(
  token: Token,
  label: string,
  bound: Uint8Array,
  secret: SecretBytes,
): Promise<Buffer> {
  const head = Buffer.concat([Uint8Array.of(FORMAT), await token.random(SEED_BYTES)]);
  const sealed = await token.seal(label, head.subarray(1), NONCE, aad(head, bound), secret.open());
  return Buffer.concat([head, sealed]);
}

/** Undefined where the bytes were not wrapped by this key with the same `bound`. */
export async function unwrapSecret(
  token: Token,
  label: string,
  bound: Uint8Array,
  wrapped: Uint8Array,
): Promise<SecretBytes | undefined> {
  if (wrapped[0] !== FORMAT || wrapped.length < HEAD_BYTES + TAG_BYTES) return undefined;
  const head = wrapped.subarray(0, HEAD_BYTES);
  const body = wrapped.subarray(HEAD_BYTES);
  const secret = await token.open(label, head.subarray(1), NONCE, aad(head, bound), body);
  return secret && new SecretBytes(secret);
}

/** The head has one length, so that it cannot be mistaken for a part of `bound`. */
const aad = (head: Uint8Array, bound: Uint8Array): Buffer => Buffer.concat([head, bound]);
