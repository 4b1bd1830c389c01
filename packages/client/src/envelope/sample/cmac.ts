import { type Cipheriv, createCipheriv } from 'node:crypto';

const BLOCK = 16;
const ZERO = new Uint8Array(BLOCK);

/**
 * EAX's OMAC: AES-CMAC over a block that ends in `tweak`, then the message (envelope formats 1.3). CBC does the
 * chaining, so a message of any length takes one block of memory.
 */
export class Omac {
  readonly #cbc: Cipheriv;
  readonly #k1: Uint8Array;
  /** The last bytes, as many as there are up to a block: only at the end is it known which of them are the last block. */
  #held: Uint8Array;
  #rest = 0;

  constructor(key: Uint8Array, tweak: 0 | 1 | 2) {
    const bits = key.length * 8;
    this.#k1 = doubled(createCipheriv(`aes-${bits}-ecb`, key, null).setAutoPadding(false).update(ZERO));
    this.#cbc = createCipheriv(`aes-${bits}-cbc`, key, ZERO).setAutoPadding(false);
    this.#held = Uint8Array.from(ZERO);
    this.#held[BLOCK - 1] = tweak;
  }

  update(bytes: Uint8Array): void {
    this.#rest = (this.#rest + bytes.length) % BLOCK;
    const keep = Math.max(0, BLOCK - bytes.length);
    this.#feed(this.#held.subarray(0, BLOCK - keep));
    this.#feed(bytes.subarray(0, Math.max(0, bytes.length - BLOCK)));
    const held = new Uint8Array(BLOCK);
    held.set(this.#held.subarray(BLOCK - keep));
    held.set(bytes.subarray(-(BLOCK - keep) || bytes.length), keep);
    this.#held = held;
  }

  digest(): Uint8Array {
    const last = Uint8Array.from(ZERO);
    if (this.#rest === 0) {
      last.set(this.#held);
      mix(last, this.#k1);
    } else {
      this.#feed(this.#held.subarray(0, BLOCK - this.#rest));
      last.set(this.#held.subarray(BLOCK - this.#rest));
      last[this.#rest] = 0x80;
      mix(last, doubled(this.#k1));
    }
    return Uint8Array.from(this.#cbc.update(last).subarray(-BLOCK));
  }

  #feed(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#cbc.update(bytes);
  }
}

export function omac(key: Uint8Array, tweak: 0 | 1 | 2, message: Uint8Array): Uint8Array {
  const mac = new Omac(key, tweak);
  mac.update(message);
  return mac.digest();
}

/** X times x in the field of 2^128 elements, without a branch on secret bits. */
function doubled(block: Uint8Array): Uint8Array {
  const result = new Uint8Array(BLOCK);
  const carry = (block[0] ?? 0) >> 7;
  for (let i = 0; i < BLOCK; i++) result[i] = ((block[i] ?? 0) << 1) | ((block[i + 1] ?? 0) >> 7);
  result[BLOCK - 1] = (result[BLOCK - 1] ?? 0) ^ (0x87 * carry);
  return result;
}

/** `into` xor `other`. */
export function mix(into: Uint8Array, other: Uint8Array): Uint8Array {
  for (let i = 0; i < into.length; i++) into[i] = (into[i] ?? 0) ^ (other[i] ?? 0);
  return into;
}
