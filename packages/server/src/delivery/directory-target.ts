import { constants } from 'node:fs';
import { access, mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { syncDirectory } from '../files/sync-directory.ts';
import { type FailureReason, type Target, TargetFailure } from './target.ts';

/** What the group may read, so that a collector need not be the server's own user. */
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

/** Objects as files below a directory that is there already: an empty mount point must not be filled. */
export class DirectoryTarget implements Target {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.#directory, name);
    if (relative(this.#directory, path).startsWith('..'))
      throw new Error(`${name} leads out of the directory`);
    try {
      await this.#makeFolders(dirname(path));
      // Always the same name: what a crash left is overwritten, not left lying about.
      const draft = join(dirname(path), `.${path.slice(dirname(path).length + 1)}.new`);
      await write(draft, bytes);
      await rename(draft, path);
      await syncDirectory(dirname(path));
    } catch (error) {
      throw failureOf(error, this.#directory);
    }
  }

  async check(): Promise<void> {
    try {
      if (!(await stat(this.#directory)).isDirectory()) {
        throw new TargetFailure('missing', `${this.#directory} is not a directory`);
      }
      await access(this.#directory, constants.W_OK | constants.X_OK);
    } catch (error) {
      throw failureOf(error, this.#directory);
    }
  }

  /** From the top down, each name on the disk before the next. */
  async #makeFolders(folder: string): Promise<void> {
    await stat(this.#directory);
    const parts = relative(this.#directory, folder).split('/');
    let above = this.#directory;
    for (const part of parts) {
      const path = join(above, part);
      const made = await mkdir(path, { mode: FOLDER_MODE }).then(() => true, ignoreExisting);
      if (made) await syncDirectory(above);
      above = path;
    }
  }
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'w', FILE_MODE);
  await file.writeFile(bytes);
  await file.sync();
}

function ignoreExisting(error: NodeJS.ErrnoException): false {
  if (error.code === 'EEXIST') return false;
  throw error;
}

/** EFBIG: a limit on the size of files. */
const REASONS: Readonly<Record<string, FailureReason>> = {
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
};

function failureOf(error: unknown, directory: string): TargetFailure {
  if (error instanceof TargetFailure) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new TargetFailure(REASONS[code] ?? 'away', `${directory}: ${message}`);
}
