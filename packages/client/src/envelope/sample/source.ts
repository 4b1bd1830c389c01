import { EnvelopeError } from '../envelope-error.ts';

/** Bytes that can be read more than once: a file, or what is in memory. */
export interface Source {
  readonly bytes: number;
  /** Fewer than `length` where the source ends before. */
  read(offset: number, length: number): Uint8Array;
}

/** From `start` to `end`, without `end` itself. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export const memorySource = (bytes: Uint8Array): Source => ({
  bytes: bytes.length,
  read: (offset, length) => bytes.subarray(offset, offset + length),
});

/** Large enough that the calls do not count, small enough for the second-level cache. A multiple of 4 and of 16. */
export const BLOCK_BYTES = 256 * 1024;

/** The bytes of a range in order. Throws FileChanged where the source has become shorter. */
export function* blocksOf(source: Source, { start, end }: Range): Generator<Uint8Array> {
  for (let at = start; at < end; at += BLOCK_BYTES) {
    const length = Math.min(BLOCK_BYTES, end - at);
    const block = source.read(at, length);
    if (block.length < length) throw inputChanged();
    yield block;
  }
}

export const inputChanged = (): EnvelopeError =>
  new EnvelopeError(
    'FileChanged',
    'the input was changed while it was read: nothing of the change was let through; try again when it rests',
  );
