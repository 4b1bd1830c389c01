import { CLOCK_WINDOW_MS } from './clock-window.ts';
import { KeyedHash } from './keyed-hash.ts';
import { GENERATIONS, MOST_AHEAD, REBUILD_AFTER, ReplayShard, SHARD_BITS } from './replay-shard.ts';

/** What expires in the same minute is forgotten together. */
const GENERATION_MS = 60_000;
const SHARDS = 1 << SHARD_BITS;

export type Seen = 'fresh' | 'used' | 'expired' | 'full';

/**
 * Remembers who used which nonce until the request's time alone refuses a repetition: up to half an hour, since
 * clocks may be 15 minutes ahead (wire protocol 1.6), and at most a minute longer than needed.
 *
 * Kept are 64-bit fingerprints, eight bytes each, in 1024 small tables that are probed once per call: one cache
 * miss. A table drops what has expired when it fills up, and grows only if that is not enough, so no call waits for
 * more than one small table, and memory follows what is alive: 128 KiB at first, then 11 to 26 bytes a nonce.
 *
 * A fresh nonce is taken for used with a probability of at most capacity / 2^64.
 */
export class ReplayGuard {
  readonly #capacity: number;
  readonly #hash = new KeyedHash();
  readonly #shards: ReplayShard[];
  /** How many are remembered, by generation. */
  readonly #alive = new Uint32Array(GENERATIONS);
  #size = 0;
  #generation = 0;

  /** `capacity`: how many nonces are remembered at most. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#shards = Array.from({ length: SHARDS }, (_, i) => new ReplayShard(i % REBUILD_AFTER));
  }

  /**
   * Whether `token` is new for the access key: checked and remembered in one step. `timestamp` is the request's
   * own time, within 15 minutes of `now` (both ms). `expired`: the nonces of that time are forgotten, because the
   * clock was later once; `full`: the bound is reached. Both remember nothing, and the call must be refused.
   */
  remember(accessKeyId: string, token: string, timestamp: number, now: number): Seen {
    this.#advance(Math.floor(now / GENERATION_MS));
    const ahead = Math.floor((timestamp + CLOCK_WINDOW_MS) / GENERATION_MS) - this.#generation;
    if (ahead < 0) return 'expired';
    this.#hash.hash(accessKeyId, token);
    const { low, high } = this.#hash;
    const shard = this.#shards[high >>> (32 - SHARD_BITS)];
    if (!shard) throw new RangeError('no such shard');
    if (shard.dueFor(this.#generation)) shard.rebuild(this.#generation);

    const slot = shard.find(low, high, this.#generation);
    if (slot === -1) return 'used';
    if (this.#size >= this.#capacity) return 'full';
    const expires = this.#generation + Math.min(ahead, MOST_AHEAD);
    shard.put(slot, low, high, expires, this.#generation);
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
}
