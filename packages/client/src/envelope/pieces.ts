/** Cuts a stream of arrays of any length into pieces of one length. Holds less than one piece. */
export class Pieces {
  readonly #size: number;
  #held: Uint8Array<ArrayBuffer> | undefined;
  #length = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /**
   * The next piece of `bytes` from `at` on, and where the rest begins; without a piece, the rest is held. A piece
   * is a view: valid until the next call.
   */
  next(bytes: Uint8Array, at: number): { readonly piece?: Uint8Array; readonly at: number } {
    const needed = this.#size - this.#length;
    if (this.#length === 0 && bytes.length - at >= this.#size) {
      return { piece: bytes.subarray(at, at + this.#size), at: at + this.#size };
    }
    const part = bytes.subarray(at, at + needed);
    this.#held ??= new Uint8Array(this.#size);
    this.#held.set(part, this.#length);
    this.#length += part.length;
    if (this.#length < this.#size) return { at: bytes.length };
    this.#length = 0;
    return { piece: this.#held, at: at + needed };
  }

  /** What is left at the end: shorter than a piece. */
  rest(): Uint8Array {
    return this.#held?.subarray(0, this.#length) ?? new Uint8Array(0);
  }

  wipe(): void {
    this.#held?.fill(0);
    this.#length = 0;
  }
}
