import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { NEWLINE } from '../chain.ts';
import { chunksOf } from '../segments.ts';

/** Checkpoints of entries in segment 1 stand in `00000001.checkpoints`, one note after the other. */
export const checkpointsName = (segment: number): string => `${String(segment).padStart(8, '0')}.checkpoints`;
const SEGMENT_OF = /^(\d{8,})\.checkpoints$/;

export interface Note {
  readonly text: string;
  readonly file: string;
  /** Position behind it. */
  readonly end: number;
}

/** Where notes come from, in the order they were signed. */
export interface NoteSource {
  readonly notes: () => AsyncIterable<Note>;
  readonly last: () => Promise<Note | undefined>;
}

const MOST_BYTES = 4096;
const SIGNATURE = Buffer.from('— ');

/** The notes in a file up to `size`; one that is cut short at the end is left out. */
export async function* notesIn(path: string, size?: number): AsyncGenerator<Note, void, undefined> {
  let text = '';
  for await (const { bytes, offset } of chunksOf(path, size)) {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      const signature = bytes.subarray(start, start + SIGNATURE.length).equals(SIGNATURE);
      text += bytes.toString('utf8', start, end + 1);
      start = end + 1;
      if (!signature && text.length < MOST_BYTES) continue;
      yield { text, file: path, end: offset + start };
      text = '';
    }
  }
}

/** Segments that have checkpoints in `directory`, ascending. */
export async function listCheckpointFiles(directory: string): Promise<number[]> {
  const names = await readdir(directory);
  const numbers = names.map((name) => Number(SEGMENT_OF.exec(name)?.[1] ?? 0));
  return numbers.filter((number) => number > 0).sort((a, b) => a - b);
}

export async function lastNoteIn(path: string, size?: number): Promise<Note | undefined> {
  let last: Note | undefined;
  for await (const note of notesIn(path, size)) last = note;
  return last;
}

/**
 * The checkpoints in a file, or in a directory of them, as they are now: what is added while they are read is not
 * looked at, because the trail may have been read before.
 */
export async function notesAt(path: string): Promise<NoteSource> {
  const paths = (await stat(path)).isDirectory()
    ? (await listCheckpointFiles(path)).map((segment) => join(path, checkpointsName(segment)))
    : [path];
  const files = await Promise.all(paths.map(async (each) => ({ path: each, size: (await stat(each)).size })));
  return {
    async *notes() {
      for (const file of files) yield* notesIn(file.path, file.size);
    },
    async last() {
      for (const file of files.toReversed()) {
        const note = await lastNoteIn(file.path, file.size);
        if (note) return note;
      }
      return undefined;
    },
  };
}

export function singleNote(text: string, file: string): NoteSource {
  const note = { text, file, end: text.length };
  return {
    async *notes() {
      yield note;
    },
    last: async () => note,
  };
}
