import { EnvelopeError } from '../envelope-error.ts';
import { chunkOffset, fileBytesOf, type Layout } from '../format/chunks.ts';
import { openChunk } from '../keys/chunk-cipher.ts';
import type { ReadOptions } from '../keys/open-envelope.ts';
import { openFile } from './envelope-file.ts';
import { fileChanged, InputFile } from './input-file.ts';

export interface Range {
  /** Of plaintext, from 0; negative counts from the end. */
  readonly start: number;
  /** To the end where absent, or where the file ends before. */
  readonly length?: number | undefined;
}

/**
 * The plaintext bytes of a range, chunk by chunk, each verified before it comes. Reads only the chunks it touches;
 * whatever depends on where the file ends (a negative start, a range to or past the end) verifies the last chunk
 * first. Throws RangeOutside where the range begins after the end, and as `decryptFile`.
 */
export async function* decryptRange(
  path: string,
  range: Range,
  options: ReadOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  assertRange(range);
  using input = new InputFile(path);
  const { layout, keys, dataKey } = await openFile(input, options);
  dataKey.fill(0);
  using _ = keys;
  const chunk = (index: number): Uint8Array<ArrayBuffer> => openAt(input, layout, index, keys.payload());
  const { plaintextBytes, chunkBytes } = layout;
  const start = range.start < 0 ? plaintextBytes + range.start : range.start;
  const end = Math.min(range.length === undefined ? plaintextBytes : start + range.length, plaintextBytes);
  // The size follows from the length of the file, which anybody can cut: only the last chunk proves it.
  if (range.start < 0 || end === plaintextBytes) chunk(layout.chunks - 1);
  if (start < 0 || start > plaintextBytes) {
    throw new EnvelopeError(
      'RangeOutside',
      `the range begins outside of the file, which has ${plaintextBytes} bytes`,
    );
  }
  for (let index = Math.floor(start / chunkBytes); index * chunkBytes < end; index++) {
    const at = index * chunkBytes;
    yield chunk(index).subarray(Math.max(0, start - at), end - at);
  }
}

function assertRange({ start, length = 0 }: Range): void {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(length) || length < 0) {
    throw new EnvelopeError(
      'RangeOutside',
      'a range has a whole number as its start and a length of zero or more',
    );
  }
}

function openAt(input: InputFile, layout: Layout, index: number, key: Uint8Array): Uint8Array<ArrayBuffer> {
  const last = index === layout.chunks - 1;
  const from = chunkOffset(layout, index);
  const length = (last ? fileBytesOf(layout) : chunkOffset(layout, index + 1)) - from;
  const stored = input.read(from, length);
  if (stored.length < length) throw fileChanged(input.path);
  const plaintext = new Uint8Array(length);
  return plaintext.subarray(0, openChunk(key, index, last, stored, plaintext, 0));
}
