import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvelopeError } from '../envelope-error.ts';
import { readUpTo } from '../file/input-file.ts';
import { writeAll } from '../file/run.ts';
import { track, untrack } from '../file/temporary-files.ts';
import type { Source } from './source.ts';

/** What waits in memory before a file is made for it. */
const MEMORY_BYTES = 1024 * 1024;
export const DEFAULT_MAX_SPOOL_BYTES = 2 ** 30;

/**
 * What came from a stream, to be read more than once. It is ciphertext: only that is put into the file, of mode 0600
 * in the directory for temporary files, which is gone afterwards however the process ends.
 */
export class Spool implements Source {
  readonly #max: number;
  #memory: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(0);
  #file: { readonly fd: number; readonly path: string } | undefined;
  #bytes = 0;

  constructor(maxBytes = DEFAULT_MAX_SPOOL_BYTES) {
    this.#max = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Throws TooLarge. */
  add(bytes: Uint8Array): void {
    const total = this.#bytes + bytes.length;
    if (total > this.#max) {
      throw new EnvelopeError(
        'TooLarge',
        `the input is longer than the ${this.#max} bytes that may be put aside until it is verified: decrypt it as a file`,
      );
    }
    if (this.#memory && total > MEMORY_BYTES) this.#moveToFile(this.#memory.subarray(0, this.#bytes));
    if (this.#file) putAside(this.#file.fd, bytes, this.#bytes);
    else this.#keep(bytes, total);
    this.#bytes = total;
  }

  read(offset: number, length: number): Uint8Array {
    if (!this.#file)
      return (this.#memory ?? new Uint8Array(0)).subarray(0, this.#bytes).subarray(offset, offset + length);
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readUpTo(this.#file.fd, bytes, offset));
  }

  [Symbol.dispose](): void {
    this.#memory = undefined;
    if (!this.#file) return;
    closeSync(this.#file.fd);
    rmSync(this.#file.path, { force: true });
    untrack(this.#file.path);
    this.#file = undefined;
  }

  #keep(bytes: Uint8Array, total: number): void {
    let memory = this.#memory ?? new Uint8Array(0);
    if (memory.length < total) {
      const larger = new Uint8Array(Math.min(MEMORY_BYTES, 2 * total));
      larger.set(memory);
      memory = larger;
    }
    memory.set(bytes, this.#bytes);
    this.#memory = memory;
  }

  #moveToFile(kept: Uint8Array): void {
    const path = join(tmpdir(), `.kenv-${randomBytes(12).toString('hex')}.spool`);
    track(path);
    try {
      this.#file = { path, fd: openSync(path, 'wx+', 0o600) };
    } catch (error) {
      untrack(path);
      throw noRoom(error);
    }
    putAside(this.#file.fd, kept, 0);
    this.#memory = undefined;
  }
}

function putAside(fd: number, bytes: Uint8Array, at: number): void {
  try {
    writeAll(fd, bytes, at);
  } catch (error) {
    throw noRoom(error);
  }
}

/** Nobody who names an output thinks of this directory. */
const noRoom = (error: unknown): Error =>
  new Error(
    `the input is put aside in ${tmpdir()} until it is verified, and that failed (${error instanceof Error ? error.message : error}): make room there, or name another directory in TMPDIR`,
    { cause: error },
  );
