import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { EnvelopeError, type EnvelopeErrorCode } from '../../envelope-error.ts';
import { syncDirectory, temporaryName } from '../output-file.ts';
import { track, untrack } from '../temporary-files.ts';
import type { Progress } from '../transform.ts';
import { FileCount } from './file-count.ts';
import { Room } from './room.ts';
import { doSlice, type Result, type Slice } from './slice.ts';
import type { FilePair, Open, Reservation, Seal } from './small-file.ts';

export interface FileFailure extends FilePair {
  readonly error: unknown;
}

export interface ManyOptions {
  /** Files that have not been started are left out; those at work are finished. */
  readonly signal?: AbortSignal | undefined;
  readonly threads?: number | undefined;
  /** In files, not bytes; of a large one that is at work, the part that is done. */
  readonly onProgress?: ((progress: { readonly files: number; readonly total: number }) => void) | undefined;
  readonly sync?: boolean | undefined;
}

/** Few enough for progress and an abort to be prompt, many enough for a message to cost nothing. */
const SLICE_FILES = 64;
/** In this thread: about a millisecond. */
const SLICE_FILES_HERE = 16;
const MAX_THREADS = 8;

export interface Steps {
  /** Where no more files than these may have one order. */
  readonly maxSlice?: number;
  /** What to do with these files, in a thread. */
  readonly order: (files: readonly FilePair[]) => Promise<Seal | Open>;
  /** For what a thread leaves: large files, unknown keys. */
  readonly alone: (file: FilePair, onProgress: (progress: Progress) => void) => Promise<void>;
}

/** One file's failure does not stop the others. Throws the signal's reason. */
export async function manyFiles(
  files: readonly FilePair[],
  steps: Steps,
  options: ManyOptions,
): Promise<FileFailure[]> {
  const failures: FileFailure[] = [];
  const count = new FileCount(files.length, options.onProgress);
  const alone = async (file: FilePair): Promise<void> => {
    try {
      await count.during((onProgress) => steps.alone(file, onProgress));
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push({ ...file, error });
    }
  };
  let next = 0;
  const sync = options.sync ?? true;
  const workThrough = async (runner: SliceRunner, size: number): Promise<void> => {
    while (next < files.length) {
      options.signal?.throwIfAborted();
      const slice = files.slice(next, next + Math.min(size, steps.maxSlice ?? size));
      next += slice.length;
      const reserved = slice.map((file) => ({ ...file, temporary: temporaryName(file.to) }));
      const results = await tracked(reserved, await steps.order(slice), runner);
      const left: FilePair[] = [];
      for (const [i, file] of slice.entries()) {
        const result = results[i];
        if (result === 'large' || result === 'unknown key') left.push(file);
        else if (typeof result === 'object') failures.push({ ...file, error: errorOf(result) });
      }
      count.finish(slice.length - left.length);
      for (const file of left) await alone(file);
    }
  };
  const room = new Room();
  const here: SliceRunner = async (slice) => {
    await setImmediate();
    try {
      return doSlice(slice, room);
    } finally {
      room.wipe();
    }
  };
  const inThread = async (): Promise<void> => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    const ended = once(worker, 'exit').then(() => {
      throw new Error('a thread ended before its work was done');
    });
    ended.catch(() => {}); // the usual end
    try {
      await workThrough(async (slice) => {
        worker.postMessage(slice);
        const [results] = await Promise.race([once(worker, 'message'), ended]); // rejects where it dies of an error
        return results;
      }, SLICE_FILES);
    } finally {
      await worker.terminate();
    }
  };
  // Waiting for the disk is not for this thread.
  const atHome = sync ? [] : [workThrough(here, SLICE_FILES_HERE)];
  const wanted = options.threads ?? Math.min(availableParallelism(), MAX_THREADS) - atHome.length;
  const threads = Math.min(Math.max(wanted, 1 - atHome.length), Math.floor(files.length / SLICE_FILES) + 1);
  const ends = await Promise.allSettled([...atHome, ...Array.from({ length: threads }, inThread)]);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  if (sync) {
    for (const directory of new Set(files.map(({ to }) => dirname(to)))) await syncDirectory(directory);
  }
  return failures;
}

type SliceRunner = (slice: Slice) => Promise<Result[]>;

/** Threads hear no signals: their temporary files are tracked here. */
async function tracked(
  files: readonly Reservation[],
  order: Seal | Open,
  run: SliceRunner,
): Promise<Result[]> {
  for (const { temporary } of files) track(temporary);
  try {
    return await run({ files, order });
  } catch (error) {
    for (const { temporary } of files) rmSync(temporary, { force: true });
    throw error;
  } finally {
    for (const { temporary } of files) untrack(temporary);
  }
}

const errorOf = ({ envelope, code, message }: Exclude<Result, string>): Error =>
  envelope
    ? new EnvelopeError(code as EnvelopeErrorCode, message)
    : Object.assign(new Error(message), { code });
