const QUESTION = 0x3f;

/**
 * Finds the first place where a pattern with `?` for any one code point fits. All places where it still could
 * fit are followed at once, as bits of 32-bit words (Baeza-Yates and Gonnet's shift-and), so that no text makes
 * it start over. Memory is linear in the pattern.
 */
export class Search {
  readonly #last: number;
  /** Where the `?` are. */
  readonly #any: Uint32Array;
  /** Where each other code point is: only the words in which it is, each as its index and its bits. */
  readonly #own = new Map<number, number[]>();

  constructor(pattern: string) {
    const points = Array.from(pattern, (point) => point.codePointAt(0) ?? 0);
    this.#last = points.length - 1;
    this.#any = new Uint32Array((this.#last >>> 5) + 1);
    points.forEach((point, i) => {
      const word = i >>> 5;
      const bit = 1 << (i & 31);
      if (point === QUESTION) this.#any[word] = (this.#any[word] ?? 0) | bit;
      else this.#add(point, word, bit);
    });
  }

  #add(point: number, word: number, bit: number): void {
    const own = this.#own.get(point) ?? [];
    if (own.at(-2) === word) own.push((own.pop() ?? 0) | bit);
    else own.push(word, bit);
    this.#own.set(point, own);
  }

  /** The end of the first fit at or after `from`, or -1. */
  endOf(text: string, from: number): number {
    const any = this.#any;
    const fitting = new Uint32Array(any.length);
    const shifted = new Uint32Array(any.length);
    const lastWord = this.#last >>> 5;
    const lastBit = 1 << (this.#last & 31);
    for (let at = from; at < text.length; ) {
      const point = text.codePointAt(at) ?? 0;
      at += point > 0xffff ? 2 : 1;
      let carry = 1;
      for (let i = 0; i < any.length; i++) {
        const word = fitting[i] ?? 0;
        const next = (word << 1) | carry;
        carry = word >>> 31;
        shifted[i] = next;
        fitting[i] = next & (any[i] ?? 0);
      }
      const own = this.#own.get(point) ?? NOWHERE;
      for (let k = 0; k < own.length; k += 2) {
        const i = own[k] ?? 0;
        fitting[i] = (fitting[i] ?? 0) | ((shifted[i] ?? 0) & (own[k + 1] ?? 0));
      }
      if (((fitting[lastWord] ?? 0) & lastBit) !== 0) return at;
    }
    return -1;
  }
}

const NOWHERE: readonly number[] = [];
