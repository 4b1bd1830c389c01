const MINUTE = 60_000;
/** How far a request's time may be from the server's, either way: wire protocol 1.6. */
const WINDOW = 15 * MINUTE;
/** What expires in the same minute is forgotten together. */
const GENERATION = MINUTE;
/** Minutes are numbered modulo 128; those up to 63 ahead of the present one are alive. */
const GENERATIONS = 128;
const MOST_AHEAD = GENERATIONS / 2 - 1;
/** A shard is rebuilt after so many at the latest: before the number of an expired one comes round. */
const REBUILD_AFTER = 48;

const FIRST_SLOTS = 16;
/** The upper 10 of the 64 bits choose the shard and need not be kept in it. */
const SHARD_BITS = 10;
const SHARDS = 1 << SHARD_BITS;
const TAG_SHIFT = SHARD_BITS;
const OCCUPIED = GENERATIONS;

/**
 * Remembers who used which nonce until the request's time alone refuses a repetition: up to half an hour, since
 * clocks may be 15 minutes ahead (wire protocol 1.6), and at most a minute longer than needed.
 *
 * Kept are 64-bit fingerprints under a random key of this process, eight bytes each, in 1024 small tables that
 * are probed once per call: one cache miss. A table drops what has expired when it fills up, and grows only if
 * that is not enough, so no call waits for more than one small table, and memory follows what is alive: 128 KiB at
 * first, 256 MiB at the default of 20 million nonces (18 minutes at 18 000 a second; with exact clocks a nonce
 * is kept for 15 to 16).
 *
 * A fresh nonce is taken for used with a probability of at most capacity / 2^64, less than 2^-39 by default.
 */
export class ReplayGuard {
  readonly #capacity: number;
  readonly #key: Uint32Array;
  readonly #shards: Shard[];
  /** How many are remembered, by generation. */
  readonly #alive = new Uint32Array(GENERATIONS);
  #size = 0;
  #generation = 0;
  /** The last fingerprint: bits that choose shard and slot, and bits that stand in the slot. */
  #low = 0;
  #high = 0;

  constructor(capacity = 20_000_000) {
    this.#capacity = capacity;
    this.#key = crypto.getRandomValues(new Uint32Array(2));
    this.#shards = Array.from({ length: SHARDS }, (_, i) => new Shard(i % REBUILD_AFTER));
  }

  /**
   * Whether `token` is new for the access key: checked and remembered in one step. `timestamp` is the request's
   * own time, within 15 minutes of `now` (both ms); what has expired already is `fresh` and not kept. `full`:
   * the bound is reached, nothing is remembered, and the call must be refused.
   */
  remember(accessKeyId: string, token: string, timestamp: number, now: number): 'fresh' | 'used' | 'full' {
    this.#advance(Math.floor(now / GENERATION));
    const ahead = Math.floor((timestamp + WINDOW) / GENERATION) - this.#generation;
    if (ahead < 0) return 'fresh';
    this.#fingerprint(accessKeyId, token);
    const shard = this.#shards[this.#high >>> (32 - SHARD_BITS)];
    if (!shard) throw new RangeError('no such shard');
    if (shard.dueFor(this.#generation)) shard.rebuild(this.#generation);

    const slot = shard.find(this.#low, this.#high, this.#generation);
    if (slot === -1) return 'used';
    if (this.#size >= this.#capacity) return 'full';
    const expires = this.#generation + Math.min(ahead, MOST_AHEAD);
    shard.put(slot, this.#low, this.#high, expires, this.#generation);
    this.#alive[expires % GENERATIONS] = (this.#alive[expires % GENERATIONS] ?? 0) + 1;
    this.#size++;
    return 'fresh';
  }

  /** How many nonces are remembered. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of the tables. */
  get bytes(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.bytes, 0);
  }

  /** A clock that goes back does not bring back what was forgotten. */
  #advance(generation: number): void {
    if (generation <= this.#generation) return;
    // Everything is long over after a pause of that many.
    const first = Math.max(this.#generation, generation - GENERATIONS);
    for (let over = first; over < generation; over++) {
      this.#size -= this.#alive[over % GENERATIONS] ?? 0;
      this.#alive[over % GENERATIONS] = 0;
    }
    this.#generation = generation;
  }

  /**
   * HalfSipHash-1-3 with 64 bits of result, over both lengths and the UTF-16 code units of both texts: fast,
   * and without the key nobody can aim for a collision or for a crowded table.
   */
  #fingerprint(accessKeyId: string, token: string): void {
    const key0 = this.#key[0] ?? 0;
    const key1 = this.#key[1] ?? 0;
    let v0 = key0;
    let v1 = key1 ^ 0xee;
    let v2 = key0 ^ 0x6c796765;
    let v3 = key1 ^ 0x74656462;
    const split = accessKeyId.length;
    const length = split + token.length;
    const end = 2 + ((length + 1) >>> 1);
    for (let step = 0; step < end + 6; step++) {
      let word = 0;
      if (step < 2) word = step === 0 ? split : length;
      else if (step < end) {
        const a = 2 * step - 4;
        const b = a + 1;
        word = a < split ? accessKeyId.charCodeAt(a) : token.charCodeAt(a - split);
        if (b < length) word |= (b < split ? accessKeyId.charCodeAt(b) : token.charCodeAt(b - split)) << 16;
      } else if (step === end) v2 ^= 0xee;
      else if (step === end + 3) {
        this.#low = (v1 ^ v3) >>> 0;
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
    this.#high = (v1 ^ v3) >>> 0;
  }
}

/** Open addressing with linear probing. A slot is `low`, and 22 bits of `high`, OCCUPIED, 5 bits of generation. */
class Shard {
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
    const tag = (high << TAG_SHIFT) >>> TAG_SHIFT;
    let free = -1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const word = slots[2 * slot + 1] ?? 0;
      if (word === 0) return free === -1 ? slot : free;
      if (!isAlive(word, generation)) {
        if (free === -1) free = slot;
      } else if (slots[2 * slot] === low && word >>> TAG_SHIFT === tag) return -1;
    }
  }

  put(slot: number, low: number, high: number, expires: number, generation: number): void {
    if (this.#slots[2 * slot + 1] === 0) this.#filled++;
    this.#slots[2 * slot] = low;
    this.#slots[2 * slot + 1] = (high << TAG_SHIFT) | OCCUPIED | (expires % GENERATIONS);
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
