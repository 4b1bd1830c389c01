import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { EnvelopeError, type EnvelopeErrorCode } from '../../envelope-error.ts';
import { syncDirectory, temporaryName } from '../output-file.ts';
import { track, untrack } from '../temporary-files.ts';
import type { FilePair, Open, Seal } from './small-file.ts';
import type { Result, Slice } from './worker.ts';

export interface FileFailure extends FilePair {
  readonly error: unknown;
}

export interface ManyOptions {
  /** Files that have not been started are left out; those at work are finished. */
  readonly signal?: AbortSignal | undefined;
  readonly threads?: number | undefined;
  /** In files, not bytes. */
  readonly onProgress?: ((progress: { readonly files: number; readonly total: number }) => void) | undefined;
  readonly sync?: boolean | undefined;
}

/** Few enough for progress and an abort to be prompt, many enough for a message to cost nothing. */
export const SLICE_FILES = 64;

export interface Steps {
  /** What to do with these files, in a thread. */
  readonly order: (files: readonly FilePair[]) => Promise<Seal | Open>;
  /** For what a thread leaves: large files, unknown keys. */
  readonly alone: (file: FilePair) => Promise<void>;
}

/** One file's failure does not stop the others. Throws the signal's reason. */
export async function manyFiles(
  files: readonly FilePair[],
  steps: Steps,
  options: ManyOptions,
): Promise<FileFailure[]> {
  const failures: FileFailure[] = [];
  const attempt = async (file: FilePair, step: () => Promise<void>): Promise<void> => {
    await step().catch((error: unknown) => failures.push({ ...file, error }));
  };
  let next = 0;
  let finished = 0;
  const slices = Math.ceil(files.length / SLICE_FILES);
  const inThread = async (): Promise<void> => {
    const thread = new SmallFilesThread();
    try {
      while (next < files.length) {
        options.signal?.throwIfAborted();
        const slice = files.slice(next, next + SLICE_FILES);
        next += slice.length;
        const results = await thread.run(slice, await steps.order(slice));
        for (const [i, file] of slice.entries()) {
          const result = results[i];
          if (result === 'large' || result === 'unknown key') await attempt(file, () => steps.alone(file));
          else if (typeof result === 'object') failures.push({ ...file, error: errorOf(result) });
        }
        finished += slice.length;
        options.onProgress?.({ files: finished, total: files.length });
      }
    } finally {
      await thread.end();
    }
  };
  const threads = Math.min(options.threads ?? Math.min(availableParallelism(), 8), slices);
  const ends = await Promise.allSettled(Array.from({ length: threads }, inThread));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  if (options.sync ?? true) {
    for (const directory of new Set(files.map(({ to }) => dirname(to)))) await syncDirectory(directory);
  }
  return failures;
}

class SmallFilesThread {
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url));

  async run(files: readonly FilePair[], order: Seal | Open): Promise<Result[]> {
    const named = files.map((file) => ({ ...file, temporary: temporaryName(file.to) }));
    for (const { temporary } of named) track(temporary);
    try {
      this.#worker.postMessage({ files: named, order } satisfies Slice);
      const [results] = await once(this.#worker, 'message'); // rejects where the thread dies of an error
      return results;
    } catch (error) {
      for (const { temporary } of named) rmSync(temporary, { force: true });
      throw error;
    } finally {
      for (const { temporary } of named) untrack(temporary);
    }
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

const errorOf = ({ envelope, code, message }: Exclude<Result, string>): Error =>
  envelope
    ? new EnvelopeError(code as EnvelopeErrorCode, message)
    : Object.assign(new Error(message), { code });
