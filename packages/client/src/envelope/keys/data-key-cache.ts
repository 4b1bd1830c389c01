import type { Recipient } from '../format/recipients.ts';
import { copyOfSecret } from './secret.ts';

/** A data key and who can open it. */
export interface DataKey {
  readonly dataKey: Uint8Array;
  readonly recipients: readonly Recipient[];
}

export interface CacheLimits {
  /** From the call of KMS on; also of data keys that were decrypted. */
  readonly maxAgeMs: number;
  /** Files that are written under one data key. */
  readonly maxMessages: number;
  /** Plaintext bytes that are written under one data key. */
  readonly maxBytes: number;
  readonly maxEntries: number;
}

const DEFAULTS: CacheLimits = { maxAgeMs: 300_000, maxMessages: 100_000, maxBytes: 2 ** 40, maxEntries: 100 };

interface Entry {
  readonly material: Promise<DataKey>;
  readonly timer: NodeJS.Timeout;
  messages: number;
  bytes: number;
  /** Who waits for the material or copies it now. */
  takers: number;
  dropped: boolean;
}

/**
 * Data keys in memory, so that many small files cost one call of KMS. Every file has keys of its own, derived
 * with its salt: sharing a data key costs no security margin, but whoever reads this memory reads them all.
 * Concurrent misses share one call. A key that leaves the cache is wiped; failures are not remembered.
 */
export class DataKeyCache {
  readonly limits: CacheLimits;
  /** In the order of last use. */
  readonly #entries = new Map<string, Entry>();

  constructor(limits: Partial<CacheLimits> = {}) {
    this.limits = { ...DEFAULTS, ...limits };
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * A data key to write `messages` files (no more than the limit) of together `bytes` bytes with; `name` has to tell apart everything that `make` depends on.
   * The caller wipes what it gets.
   */
  forWriting(name: string, bytes: number, make: () => Promise<DataKey>, messages = 1): Promise<DataKey> {
    const { maxBytes, maxMessages } = this.limits;
    if (bytes > maxBytes) return make();
    const key = `write ${name}`;
    const known = this.#entries.get(key);
    if (known && (known.messages + messages > maxMessages || known.bytes + bytes > maxBytes)) this.#drop(key);
    const entry = this.#entryOf(key, make);
    entry.messages += messages;
    entry.bytes += bytes;
    return take(entry);
  }

  /** The data key that `open` gave or gives. The caller wipes what it gets. */
  async forReading(name: string, open: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const make = async (): Promise<DataKey> => ({ dataKey: await open(), recipients: [] });
    return (await take(this.#entryOf(`read ${name}`, make))).dataKey;
  }

  hasForReading(name: string): boolean {
    return this.#entries.has(`read ${name}`);
  }

  wipe(): void {
    for (const key of [...this.#entries.keys()]) this.#drop(key);
  }

  [Symbol.dispose](): void {
    this.wipe();
  }

  #entryOf(key: string, make: () => Promise<DataKey>): Entry {
    const entry = this.#entries.get(key) ?? this.#add(key, make());
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= Math.max(1, this.limits.maxEntries)) break;
      this.#drop(oldest);
    }
    return entry;
  }

  #add(key: string, material: Promise<DataKey>): Entry {
    // A timer of its own rather than a look at the clock: a key that nobody asks for again is wiped too.
    const forget = (): void => {
      if (this.#entries.get(key) === entry) this.#drop(key);
    };
    const timer = setTimeout(forget, this.limits.maxAgeMs);
    timer.unref();
    const entry: Entry = { material, timer, messages: 0, bytes: 0, takers: 0, dropped: false };
    material.catch(forget);
    return entry;
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    clearTimeout(entry.timer);
    entry.dropped = true;
    wipeUnused(entry);
  }
}

async function take(entry: Entry): Promise<DataKey> {
  entry.takers++;
  try {
    const { dataKey, recipients } = await entry.material;
    return { dataKey: copyOfSecret(dataKey), recipients };
  } finally {
    entry.takers--;
    wipeUnused(entry);
  }
}

function wipeUnused(entry: Entry): void {
  if (!entry.dropped || entry.takers > 0) return;
  entry.material.then(
    ({ dataKey }) => dataKey.fill(0),
    () => {}, // whoever asked for it was told
  );
}

const numbers = new WeakMap<object, number>();
let connections = 0;

/** For names of data keys: what goes to another endpoint or with other credentials is another data key. */
export function connectionNumber(connection: object): number {
  const known = numbers.get(connection);
  if (known !== undefined) return known;
  numbers.set(connection, ++connections);
  return connections;
}
