import type { Ram } from '../store/store.ts';

const MINUTE = 60_000;

/**
 * When each access key was last used, to the minute. Noted in memory, for the store waits for the disk; what
 * was not flushed is lost with the process.
 */
export class LastUses {
  readonly #store: Ram;
  #noted = new Map<string, number>();

  constructor(store: Ram) {
    this.#store = store;
  }

  /** Call it for access keys of accounts and users only, once the signature was found right. */
  note(accessKeyId: string, now: number): void {
    this.#noted.set(accessKeyId, now - (now % MINUTE));
  }

  /** Undefined where it was never used. */
  async of(accessKeyId: string): Promise<number | undefined> {
    return this.#noted.get(accessKeyId) ?? (await this.#store.lastUse(accessKeyId));
  }

  async flush(): Promise<void> {
    const uses = new Map(this.#noted);
    if (uses.size === 0) return;
    await this.#store.putLastUses(uses);
    for (const [accessKeyId, time] of uses) {
      if (this.#noted.get(accessKeyId) === time) this.#noted.delete(accessKeyId);
    }
  }
}
