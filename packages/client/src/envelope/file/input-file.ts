import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { EnvelopeError } from '../envelope-error.ts';
import type { Outlet } from './sink.ts';

/** A regular file that is open for reading. Opening and asking are quick; what may take long is done elsewhere. */
export class InputFile {
  readonly path: string;
  readonly fd: number;
  readonly bytes: number;
  readonly #device: bigint;
  readonly #inode: bigint;
  #modified: bigint;
  #open = true;

  /** Throws NotAFile for what is no regular file, and what the system says. */
  constructor(path: string, writable = false) {
    this.path = path;
    // O_NONBLOCK: opening a pipe that nobody writes to must not wait. Regular files do not mind.
    const access = writable ? constants.O_RDWR : constants.O_RDONLY;
    this.fd = openSync(path, access | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(this.fd, { bigint: true });
    this.bytes = Number(stat.size);
    this.#device = stat.dev;
    this.#inode = stat.ino;
    this.#modified = stat.mtimeNs;
    if (!stat.isFile()) {
      this.close();
      throw new EnvelopeError('NotAFile', `${path} is not a regular file: read it as a stream`);
    }
  }

  /** Fewer than `length` bytes where the file ends before. */
  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readUpTo(this.fd, bytes, offset));
  }

  /** Throws FileChanged where somebody wrote to the file since it was opened. */
  assertUnchanged(): void {
    const { size, mtimeNs } = fstatSync(this.fd, { bigint: true });
    if (Number(size) !== this.bytes || mtimeNs !== this.#modified) throw fileChanged(this.path);
  }

  is({ dev, ino }: BigIntStats): boolean {
    return dev === this.#device && ino === this.#inode;
  }

  /** Throws SameFile where bytes would be written over those that are still to be read. */
  assertIsNot(outlet: string | Outlet): void {
    if (typeof outlet === 'number' && this.is(fstatSync(outlet, { bigint: true }))) {
      throw new EnvelopeError('SameFile', `${this.path} is the input itself: write to another file`);
    }
  }

  /** After a write of our own. */
  acceptChange(): void {
    this.#modified = fstatSync(this.fd, { bigint: true }).mtimeNs;
  }

  close(): void {
    if (this.#open) closeSync(this.fd);
    this.#open = false;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

export const fileChanged = (path: string): EnvelopeError =>
  new EnvelopeError(
    'FileChanged',
    `${path} was changed while it was read: nothing was kept; try again when it rests`,
  );

/** Fills `bytes`; returns how many there were before the end of the file. */
export function readUpTo(fd: number, bytes: Uint8Array, offset: number): number {
  let length = 0;
  while (length < bytes.length) {
    const read = readSync(fd, bytes, length, bytes.length - length, offset + length);
    if (read === 0) break;
    length += read;
  }
  return length;
}
