import { createCipheriv, createDecipheriv } from 'node:crypto';
import { EnvelopeError } from '../envelope-error.ts';
import { chunkNonce, type Layout, TAG_BYTES } from '../format/chunks.ts';

const ALGORITHM = 'aes-256-gcm';
/** Node takes a tag of four bytes unless it is told otherwise. */
const OPTIONS = { authTagLength: TAG_BYTES } as const;

/** Writes ciphertext and tag to `into` at `at`; returns where they end. */
export function sealChunk(
  key: Uint8Array,
  index: number,
  last: boolean,
  plaintext: Uint8Array,
  into: Uint8Array,
  at: number,
): number {
  const cipher = createCipheriv(ALGORITHM, key, chunkNonce(index, last), OPTIONS);
  moveInto(into, at, cipher.update(plaintext));
  cipher.final();
  into.set(cipher.getAuthTag(), at + plaintext.length);
  return at + plaintext.length + TAG_BYTES;
}

/** Writes the plaintext of `stored` (ciphertext and tag) to `into` at `at`; returns where it ends. Throws DamagedChunk. */
export function openChunk(
  key: Uint8Array,
  index: number,
  last: boolean,
  stored: Uint8Array,
  into: Uint8Array,
  at: number,
): number {
  const end = stored.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, key, chunkNonce(index, last), OPTIONS);
  decipher.setAuthTag(stored.subarray(end));
  const plaintext = decipher.update(stored.subarray(0, end));
  try {
    decipher.final();
  } catch {
    throw damagedChunk(index);
  }
  moveInto(into, at, plaintext);
  return at + end;
}

/** Chunks `first` to `end`, without `end` itself. */
export interface Span {
  readonly first: number;
  readonly end: number;
}

/** Seals the plaintext of consecutive chunks; returns how many bytes `into` got. */
export function sealChunks(
  key: Uint8Array,
  { chunkBytes, chunks }: Layout,
  { first, end }: Span,
  plaintext: Uint8Array,
  into: Uint8Array,
): number {
  let written = 0;
  for (let index = first, at = 0; index < end; index++, at += chunkBytes) {
    const piece = plaintext.subarray(at, at + chunkBytes);
    written = sealChunk(key, index, index === chunks - 1, piece, into, written);
  }
  return written;
}

/** Opens consecutive stored chunks; returns how many bytes `into` got. Throws DamagedChunk. */
export function openChunks(
  key: Uint8Array,
  { chunkBytes, chunks }: Layout,
  { first, end }: Span,
  stored: Uint8Array,
  into: Uint8Array,
): number {
  const step = chunkBytes + TAG_BYTES;
  let written = 0;
  for (let index = first, at = 0; index < end; index++, at += step) {
    const piece = stored.subarray(at, at + step);
    written = openChunk(key, index, index === chunks - 1, piece, into, written);
  }
  return written;
}

/** Copies, and frees the source at once: waiting for the collector costs 100 MiB of memory and half the speed. */
function moveInto(into: Uint8Array, at: number, bytes: Uint8Array<ArrayBuffer>): void {
  into.set(bytes, at);
  if (bytes.length === bytes.buffer.byteLength) bytes.buffer.transfer(0);
}

export const damagedChunk = (index: number): EnvelopeError =>
  new EnvelopeError(
    'DamagedChunk',
    `chunk ${index} is damaged or out of order: nothing from it on can be used`,
  );
