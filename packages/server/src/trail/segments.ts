import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NEWLINE, PREFIX_BYTES } from './chain.ts';
import { type HeaderLine, LineDecoder } from './line.ts';

/** Files `00000001.trail`, `00000002.trail`, ... without gaps. */
export const segmentName = (segment: number): string => `${String(segment).padStart(8, '0')}.trail`;
export const segmentPath = (directory: string, segment: number): string =>
  join(directory, segmentName(segment));

/** Numbers of the segments that are there, ascending; other files are ignored. */
export async function listSegments(directory: string): Promise<number[]> {
  return segmentsAmong(await readdir(directory));
}

export function segmentsAmong(names: readonly string[]): number[] {
  const numbers = names.map((name) => Number(/^(\d{8,})\.trail$/.exec(name)?.[1] ?? 0));
  return numbers.filter((number) => number > 0).sort((a, b) => a - b);
}

const READ_BYTES = 1 << 20;

export interface Chunk {
  /** Whole lines with their newlines; only the last chunk of a file may end in a line cut short. */
  readonly bytes: Buffer;
  /** Position of the chunk in its file. */
  readonly offset: number;
}

/** The file, up to `size`, in chunks of about 1 MiB. A chunk is overwritten by the next: use it before going on. */
export async function* chunksOf(
  path: string,
  size = Number.POSITIVE_INFINITY,
): AsyncGenerator<Chunk, void, undefined> {
  const file = await open(path, 'r');
  try {
    yield* wholeLines(file, size);
  } finally {
    await file.close();
  }
}

async function* wholeLines(file: FileHandle, size: number): AsyncGenerator<Chunk, void, undefined> {
  let buffer = Buffer.allocUnsafe(READ_BYTES);
  let held = 0;
  for (let offset = 0; ; ) {
    if (held === buffer.length) buffer = Buffer.concat([buffer], 2 * held);
    const most = Math.min(buffer.length - held, size - offset - held);
    const { bytesRead } = most > 0 ? await file.read(buffer, held, most, offset + held) : { bytesRead: 0 };
    const end = held + bytesRead;
    const whole = bytesRead === 0 ? end : buffer.subarray(0, end).lastIndexOf(NEWLINE) + 1;
    if (whole > 0) {
      // What is yielded may be written to; the rest, outside of it, moves to the front afterwards.
      yield { bytes: buffer.subarray(0, whole), offset };
      buffer.copyWithin(0, whole, end);
    }
    held = end - whole;
    offset += whole;
    if (bytesRead === 0) return;
  }
}

const HEADER_BYTES = 64 << 10;

/** The header of a segment as it stands, unchecked; undefined where there is none. */
export async function headerOfSegment(directory: string, segment: number): Promise<HeaderLine | undefined> {
  await using file = await open(segmentPath(directory, segment), 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
  const end = buffer.subarray(0, bytesRead).indexOf(NEWLINE);
  const json = buffer.toString('utf8', PREFIX_BYTES, Math.max(end, PREFIX_BYTES));
  return new LineDecoder().header(json);
}
