import { inspect } from 'node:util';

/**
 * Room for a secret that stays where it is: V8 keeps small typed arrays in its heap, and moving them leaves copies
 * that nobody wipes. An ArrayBuffer of its own is outside.
 */
export const secretRoom = (length: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(new ArrayBuffer(length));

/**
 * Bytes that must not leak: they print as `[secret]`, refuse JSON, are read by `open()` alone, and are wiped
 * by their owner. Takes ownership of the array it is given.
 */
export class SecretBytes {
  #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The bytes themselves, not a copy: gone after `wipe()`. */
  open(): Uint8Array {
    return this.#bytes;
  }

  wipe(): void {
    this.#bytes.fill(0);
    this.#bytes = new Uint8Array(0);
  }

  [Symbol.dispose](): void {
    this.wipe();
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): never {
    throw new TypeError('a secret cannot be written as JSON');
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
