/**
 * HalfSipHash-1-3 with 64 bits of result under a random key of this object: fast, and without the key nobody
 * can aim for a collision. The result is left in two members, so that hashing allocates nothing.
 */
export class KeyedHash {
  readonly #key = crypto.getRandomValues(new Uint32Array(2));
  /** The halves of the last result, each 0 to 2^32 - 1. */
  low = 0;
  high = 0;

  /** Over both lengths and the UTF-16 code units of both texts, so that no two pairs count as the same input. */
  hash(first: string, second: string): void {
    const key0 = this.#key[0] ?? 0;
    const key1 = this.#key[1] ?? 0;
    let v0 = key0;
    let v1 = key1 ^ 0xee;
    let v2 = key0 ^ 0x6c796765;
    let v3 = key1 ^ 0x74656462;
    const split = first.length;
    const length = split + second.length;
    const end = 2 + ((length + 1) >>> 1);
    for (let step = 0; step < end + 6; step++) {
      let word = 0;
      if (step < 2) word = step === 0 ? split : length;
      else if (step < end) {
        const a = 2 * step - 4;
        const b = a + 1;
        word = a < split ? first.charCodeAt(a) : second.charCodeAt(a - split);
        if (b < length) word |= (b < split ? first.charCodeAt(b) : second.charCodeAt(b - split)) << 16;
      } else if (step === end) v2 ^= 0xee;
      else if (step === end + 3) {
        this.low = (v1 ^ v3) >>> 0;
        v1 ^= 0xdd;
      }
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    this.high = (v1 ^ v3) >>> 0;
  }
}
