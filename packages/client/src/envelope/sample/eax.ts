import { type Cipheriv, createCipheriv, timingSafeEqual } from 'node:crypto';
import { mix, Omac, omac } from './cmac.ts';

export const TAG_BYTES = 16;

/**
 * AES-EAX (Bellare, Rogaway, Wagner 2004; envelope formats 1.3) over a message of any length in constant memory.
 * One object is for one message and one direction. The key stays the caller's.
 */
export class Eax {
  readonly #ctr: Cipheriv;
  readonly #nonce: Uint8Array;
  readonly #associated: Uint8Array;
  readonly #ciphertext: Omac;

  constructor(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array = new Uint8Array(0)) {
    this.#nonce = omac(key, 0, nonce);
    this.#associated = omac(key, 1, associated);
    this.#ciphertext = new Omac(key, 2);
    this.#ctr = createCipheriv(`aes-${key.length * 8}-ctr`, key, this.#nonce); // OpenSSL counts in all 128 bits
  }

  seal(plaintext: Uint8Array): Buffer<ArrayBuffer> {
    const ciphertext = this.#ctr.update(plaintext);
    this.#ciphertext.update(ciphertext);
    return ciphertext;
  }

  /** The next piece of a ciphertext that is to be verified. */
  authenticate(ciphertext: Uint8Array): void {
    this.#ciphertext.update(ciphertext);
  }

  /** Verifies nothing: only for a ciphertext whose tag was found right. */
  open(ciphertext: Uint8Array): Buffer<ArrayBuffer> {
    return this.#ctr.update(ciphertext);
  }

  /** At the end, once. */
  tag(): Uint8Array {
    return mix(mix(this.#ciphertext.digest(), this.#nonce), this.#associated);
  }

  /** At the end, once; in constant time. Only the full tag is right. */
  isTag(tag: Uint8Array): boolean {
    return tag.length === TAG_BYTES && timingSafeEqual(this.tag(), tag);
  }
}
