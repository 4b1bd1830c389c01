import { EnvelopeError } from '../envelope-error.ts';

/** AES-GCM's full tag; shorter ones are never accepted (envelope formats 4.5). */
export const TAG_BYTES = 16;
export const NONCE_BYTES = 12;
/** 4 PiB: below 2^53, so that numbers hold every offset, and GCM's advantage stays about 2^-33. */
export const MAX_PLAINTEXT_BYTES = 2 ** 52;
export const MAX_CHUNKS = 2 ** 40;

/** What every offset follows from. */
export interface Layout {
  readonly headerBytes: number;
  /** Plaintext bytes of every chunk but the last, which is always shorter. */
  readonly chunkBytes: number;
  readonly chunks: number;
  readonly plaintextBytes: number;
}

export function layoutOfPlaintext(headerBytes: number, chunkBytes: number, plaintextBytes: number): Layout {
  const chunks = Math.floor(plaintextBytes / chunkBytes) + 1;
  if (plaintextBytes > MAX_PLAINTEXT_BYTES || chunks > MAX_CHUNKS) throw tooLarge();
  return { headerBytes, chunkBytes, chunks, plaintextBytes };
}

/** Of a file this long. To be trusted only once the last chunk was opened as the last. Throws Truncated. */
export function layoutOfFile(headerBytes: number, chunkBytes: number, fileBytes: number): Layout {
  const stored = chunkBytes + TAG_BYTES;
  const payload = fileBytes - headerBytes;
  const full = Math.floor(payload / stored);
  const rest = payload - full * stored;
  if (payload < 0 || rest < TAG_BYTES) throw truncated();
  return layoutOfPlaintext(headerBytes, chunkBytes, full * chunkBytes + rest - TAG_BYTES);
}

export const fileBytesOf = (layout: Layout): number =>
  layout.headerBytes + layout.plaintextBytes + layout.chunks * TAG_BYTES;

export const chunkOffset = (layout: Layout, index: number): number =>
  layout.headerBytes + index * (layout.chunkBytes + TAG_BYTES);

export const plaintextOffset = (layout: Layout, index: number): number => index * layout.chunkBytes;

/** 00 00 00 || u64 number || 01 for the last chunk, else 00. */
export function chunkNonce(index: number, last: boolean): Uint8Array {
  if (!(index < MAX_CHUNKS)) throw tooLarge();
  const nonce = new Uint8Array(NONCE_BYTES);
  const view = new DataView(nonce.buffer);
  view.setUint32(3, Math.floor(index / 2 ** 32));
  view.setUint32(7, index % 2 ** 32);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

export const truncated = (): EnvelopeError =>
  new EnvelopeError('Truncated', 'the file is cut off: its last chunk is missing or incomplete');

const tooLarge = (): EnvelopeError =>
  new EnvelopeError(
    'TooLarge',
    'the input is too large: with this chunk size a file holds at most 2^40 chunks and 4 PiB',
  );
