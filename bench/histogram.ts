/** Values below 2^7 are counted exactly, larger ones in 128 steps per power of two: error below 0.8 %. */
const STEP_BITS = 7;
const STEPS = 1 << STEP_BITS;

/** Latencies in whole microseconds, up to 2^31. */
export class Histogram {
  readonly #counts = new Uint32Array((32 - STEP_BITS + 1) * STEPS);
  #total = 0;
  #largest = 0;

  record(microseconds: number): void {
    const value = microseconds | 0;
    const shift = Math.max(0, 31 - Math.clz32(value) - STEP_BITS);
    const slot = (shift << STEP_BITS) + (value >> shift);
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
    this.#total++;
    if (value > this.#largest) this.#largest = value;
  }

  get total(): number {
    return this.#total;
  }

  get largest(): number {
    return this.#largest;
  }

  /** The upper edge of the step that holds the given share (0 to 1) of all values. */
  quantile(share: number): number {
    let left = Math.max(1, Math.ceil(this.#total * share));
    for (let slot = 0; slot < this.#counts.length; slot++) {
      left -= this.#counts[slot] ?? 0;
      if (left <= 0) return Math.min(this.#largest, upperEdge(slot));
    }
    return this.#largest;
  }
}

function upperEdge(slot: number): number {
  const shift = Math.max(0, (slot >> STEP_BITS) - 1);
  return ((slot - (shift << STEP_BITS) + 1) << shift) - 1;
}
