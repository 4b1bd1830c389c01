import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EnvelopeError } from '../envelope-error.ts';
import type { InputFile } from './input-file.ts';
import { track, untrack } from './temporary-files.ts';

const flush = promisify(fsync);

export interface OutputOptions {
  /** Whether a file of this name may be replaced. */
  readonly overwrite?: boolean | undefined;
  /** false: the file may be lost or empty after power loss, and is there sooner. True where absent. */
  readonly sync?: boolean | undefined;
}

/**
 * A file that appears under its name when it is complete, and not before: until then it has a temporary name
 * in the same directory and mode 0600.
 */
export class OutputFile {
  readonly fd: number;
  readonly #path: string;
  readonly #temporary: string;
  readonly #options: OutputOptions;
  #done = false;

  /**
   * `input` is what must not be the same file. With `temporary`, a name in the same directory that somebody else tracks
   * because threads get no signals, `path` is as `destination` gives it, or any where nothing may be replaced: that is
   * refused at the end. Throws SameFile, OutputExists, NotAFile.
   */
  constructor(path: string, input: InputFile | undefined, options: OutputOptions, temporary?: string) {
    this.#path = temporary === undefined ? destination(path, input, options.overwrite ?? false) : path;
    this.#temporary = temporary ?? temporaryName(this.#path);
    this.#options = options;
    if (temporary === undefined) track(this.#temporary);
    try {
      this.fd = openSync(this.#temporary, 'wx', 0o600);
    } catch (error) {
      untrack(this.#temporary);
      throw notWritable(dirname(this.#path), error);
    }
  }

  /** Survives power loss when it returns, unless `sync` is false. */
  async commit(): Promise<void> {
    const { sync = true } = this.#options;
    if (sync) await flush(this.fd);
    this.#place();
    if (sync) await syncDirectory(dirname(this.#path));
  }

  /** The same without a turn for others; the name is left to a later `syncDirectory`. */
  commitNow(): void {
    if (this.#options.sync ?? true) fsyncSync(this.fd);
    this.#place();
  }

  #place(): void {
    if (this.#options.overwrite) renameSync(this.#temporary, this.#path);
    else linkNew(this.#temporary, this.#path);
    this.#done = true;
    closeSync(this.fd);
    untrack(this.#temporary);
  }

  /** Does nothing after the file has its name. */
  [Symbol.dispose](): void {
    if (this.#done) return;
    this.#done = true;
    closeSync(this.fd);
    rmSync(this.#temporary, { force: true });
    untrack(this.#temporary);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EROFS: 'read-only',
  EACCES: 'not permitted',
  EPERM: 'not permitted',
  ENOENT: 'it is not there',
};

/** The system would name the temporary file, which nobody knows. Keeps its code. */
function notWritable(directory: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = REASONS[code];
  if (reason === undefined) return error;
  return Object.assign(new Error(`cannot write in ${directory} (${reason})`, { cause: error }), { code });
}

const OF_THIS_PROCESS = randomBytes(8).toString('hex');
let names = 0;

/** In the same directory, so that it can be renamed. No other file has it, nor one of another process. */
export const temporaryName = (path: string): string =>
  join(dirname(path), `.kenv-${OF_THIS_PROCESS}${(names++).toString(16).padStart(8, '0')}.partial`);

/** Where the file comes to stand: behind a symbolic link, what it points to. Throws SameFile, OutputExists, NotAFile. */
export function destination(path: string, input: InputFile | undefined, overwrite: boolean): string {
  const entry = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (!entry) return path;
  const isLink = entry.isSymbolicLink();
  const there = isLink ? statSync(path, { bigint: true, throwIfNoEntry: false }) : entry;
  if (!there) {
    throw new EnvelopeError(
      'NotAFile',
      `${path} is a link that points nowhere: remove it or choose another name`,
    );
  }
  if (input?.is(there)) {
    throw new EnvelopeError('SameFile', `${path} is the input itself: choose another name for the output`);
  }
  if (!there.isFile()) {
    throw new EnvelopeError('NotAFile', `${path} is not a regular file: write to it as a stream`);
  }
  if (!overwrite) throw outputExists(path);
  return isLink ? realpathSync(path) : path;
}

/** `rename` would replace a file that appeared meanwhile; `link` refuses. */
function linkNew(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') throw outputExists(to);
    // File systems without hard links: look, then rename.
    if (lstatSync(to, { throwIfNoEntry: false })) throw outputExists(to);
    renameSync(from, to);
    return;
  }
  unlinkSync(from);
}

const outputExists = (path: string): EnvelopeError =>
  new EnvelopeError('OutputExists', `${path} exists: remove it, or say that it may be replaced`);

/** So that names survive power loss; where directories cannot be opened (Windows), the system sees to it. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(() => undefined);
  try {
    await directory?.sync();
  } finally {
    await directory?.close();
  }
}
