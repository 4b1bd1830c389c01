import { randomBytes } from 'node:crypto';
import { TAG_BYTES } from '../../format/chunks.ts';
import { MAX_HEADER_BYTES, MIN_CHUNK_LOG2, SALT_BYTES } from '../../format/header.ts';
import { fileChanged, type InputFile, readUpTo } from '../input-file.ts';

/** Files below this are read, worked on and written in one piece each. */
export const SMALL_BYTES = 1024 * 1024;
const MAX_SEALED_BYTES = MAX_HEADER_BYTES + SMALL_BYTES + (SMALL_BYTES / 2 ** MIN_CHUNK_LOG2 + 1) * TAG_BYTES;
const SALTS = 64;

/** What the small files of one thread use one after the other: new buffers for each would cost as much as the cipher. */
export class Room {
  readonly #input = new Uint8Array(SMALL_BYTES);
  readonly output = new Uint8Array(MAX_SEALED_BYTES);
  #used = 0;
  #salts = new Uint8Array(0);

  /** The whole file, until the next one is read. Throws FileChanged. */
  read(input: InputFile): Uint8Array {
    const bytes = this.#input.subarray(0, input.bytes);
    this.#used = Math.max(this.#used, bytes.length);
    if (readUpTo(input.fd, bytes, 0) < bytes.length) throw fileChanged(input.path);
    return bytes;
  }

  /** New every time; from the system in bulk. */
  salt(): Uint8Array {
    if (this.#salts.length === 0) this.#salts = randomBytes(SALTS * SALT_BYTES);
    const salt = this.#salts.subarray(0, SALT_BYTES);
    this.#salts = this.#salts.subarray(SALT_BYTES);
    return salt;
  }

  /** One of the two buffers held plaintext, never longer than what was read. */
  wipe(): void {
    this.#input.fill(0, 0, this.#used);
    this.output.fill(0, 0, this.#used);
    this.#used = 0;
  }
}
