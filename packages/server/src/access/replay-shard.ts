/** Minutes are numbered modulo 128; those up to 63 ahead of the present one are alive. */
export const GENERATIONS = 128;
export const MOST_AHEAD = GENERATIONS / 2 - 1;
/** A shard is rebuilt after so many at the latest: before the number of an expired one comes round. */
export const REBUILD_AFTER = 48;
/** The upper 10 of the 64 bits choose the shard and need not be kept in it. */
export const SHARD_BITS = 10;

const FIRST_SLOTS = 16;
const OCCUPIED = GENERATIONS;

/** Open addressing with linear probing. A slot is `low`, and 22 bits of `high`, OCCUPIED, 5 bits of generation. */
export class ReplayShard {
  readonly #turn: number;
  #slots = new Uint32Array(2 * FIRST_SLOTS);
  /** Slots that are not empty, expired ones included. */
  #filled = 0;
  #rebuiltIn = 0;

  constructor(turn: number) {
    this.#turn = turn;
  }

  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** Each shard in a minute of its own, so that the work is spread. */
  dueFor(generation: number): boolean {
    const age = generation - this.#rebuiltIn;
    return age > REBUILD_AFTER || (age > 0 && generation % REBUILD_AFTER === this.#turn);
  }

  /** A slot to put the fingerprint in, or -1 where it is there already. */
  find(low: number, high: number, generation: number): number {
    const slots = this.#slots;
    const mask = slots.length / 2 - 1;
    const tag = (high << SHARD_BITS) >>> SHARD_BITS;
    let free = -1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const word = slots[2 * slot + 1] ?? 0;
      if (word === 0) return free === -1 ? slot : free;
      if (!isAlive(word, generation)) {
        if (free === -1) free = slot;
      } else if (slots[2 * slot] === low && word >>> SHARD_BITS === tag) return -1;
    }
  }

  put(slot: number, low: number, high: number, expires: number, generation: number): void {
    if (this.#slots[2 * slot + 1] === 0) this.#filled++;
    this.#slots[2 * slot] = low;
    this.#slots[2 * slot + 1] = (high << SHARD_BITS) | OCCUPIED | (expires % GENERATIONS);
    if (this.#filled > (3 / 8) * this.#slots.length) this.rebuild(generation);
  }

  /** Drops what has expired; afterwards at most 5/8 of the slots are taken. */
  rebuild(generation: number): void {
    const old = this.#slots;
    // What is in here expires at the earliest when it was rebuilt last, and 48 + 63 minutes later at the latest:
    // counted from then, numbers modulo 128 mean one minute each, however long nobody came by.
    const since = this.#rebuiltIn;
    const age = generation - since;
    const lives = (word: number) => word !== 0 && ((word - since) & (GENERATIONS - 1)) >= age;
    let alive = 0;
    for (let i = 1; i < old.length; i += 2) if (lives(old[i] ?? 0)) alive++;
    let count = FIRST_SLOTS;
    while (alive > (5 / 8) * count) count *= 2;

    const slots = new Uint32Array(2 * count);
    for (let i = 0; i < old.length; i += 2) {
      const low = old[i] ?? 0;
      const word = old[i + 1] ?? 0;
      if (!lives(word)) continue;
      let slot = low & (count - 1);
      while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & (count - 1);
      slots[2 * slot] = low;
      slots[2 * slot + 1] = word;
    }
    this.#slots = slots;
    this.#filled = alive;
    this.#rebuiltIn = generation;
  }
}

const isAlive = (word: number, generation: number): boolean =>
  word !== 0 && ((word - generation) & (GENERATIONS - 1)) <= MOST_AHEAD;
