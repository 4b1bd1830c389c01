/** A wall clock that gains this much on the one that only goes forward has been set, or the machine has slept. */
const JUMP_MS = 60_000;
/** How long it takes until what it says since then is believed. */
const DOUBT_MS = 3_600_000;
/** A server that was off for longer cannot tell at its start whether the clock was set meanwhile. */
const OFF_MS = 600_000;

/**
 * Tells whether the clock has jumped forward lately, before the start included. What is final waits for that hour, in
 * which somebody may put the clock right, or cancel what seems to be due.
 */
export class ClockJump {
  readonly #wall: () => number;
  readonly #steady: () => number;
  #offset: number;
  #doubted: { readonly until: number; readonly offset: number } | undefined;

  /** `steady` counts milliseconds that only go forward; `believed` is what the wall clock last said without doubt. */
  constructor(wall: () => number, steady: () => number, believed = wall()) {
    this.#wall = wall;
    this.#steady = steady;
    this.#offset = Math.min(wall(), believed + OFF_MS - JUMP_MS) - steady();
  }

  /** To be asked often: each time compares with the time before. */
  isDoubted(): boolean {
    const steady = this.#steady();
    const offset = this.#wall() - steady;
    if (offset - this.#offset > JUMP_MS) {
      this.#doubted = { until: steady + DOUBT_MS, offset: this.#doubted?.offset ?? this.#offset };
    }
    this.#offset = offset;
    const right = this.#doubted && offset - this.#doubted.offset <= JUMP_MS;
    if (right || (this.#doubted && steady >= this.#doubted.until)) this.#doubted = undefined;
    return this.#doubted !== undefined;
  }
}
