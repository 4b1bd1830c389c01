import type { Keys, VersionUse } from '../store/store.ts';

/** Uses are noted to the hour: a version in constant use is written 24 times a day. */
const HOUR_MS = 3_600_000;

/** Bounds what is noted, some 100 bytes each; what does not fit is noted at a later use, or once more. */
const WAITING = 100_000;
const AT_ONCE = 1000;

/** When key versions were last used: noted in memory, and written to the store in batches. */
export class VersionUses {
  readonly #store: Pick<Keys, 'noteUses' | 'lastUses'>;
  readonly #now: () => number;
  /** The versions noted in this hour, written or waiting. */
  readonly #noted = new Set<string>();
  readonly #waiting: VersionUse[] = [];
  #hour = Number.NaN;

  constructor(store: Pick<Keys, 'noteUses' | 'lastUses'>, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  note(keyId: string, keyVersionId: string): void {
    const now = this.#now();
    const hour = now - (now % HOUR_MS);
    if (hour !== this.#hour) {
      this.#noted.clear();
      this.#hour = hour;
    }
    if (this.#noted.has(keyVersionId) || this.#waiting.length >= WAITING) return;
    if (this.#noted.size >= WAITING) this.#noted.clear();
    this.#noted.add(keyVersionId);
    this.#waiting.push({ keyId, keyVersionId, usedAt: hour });
  }

  /** Writes what waits. What could not be written waits on. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, AT_ONCE);
      await this.#store.noteUses(batch);
      this.#waiting.splice(0, batch.length);
    }
  }

  /** The hour in which the version, or any version of the key, was last used. */
  async lastUse(keyId: string, keyVersionId?: string): Promise<number | null> {
    const uses = [...(await this.#store.lastUses(keyId)), ...this.#waiting];
    const times = uses
      .filter((use) => use.keyId === keyId && (keyVersionId ?? use.keyVersionId) === use.keyVersionId)
      .map(({ usedAt }) => usedAt);
    return times.length === 0 ? null : Math.max(...times);
  }
}
