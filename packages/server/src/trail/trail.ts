import type { Entry } from './entry.ts';

/** The append-only, hash-chained record of every call. */
export interface Trail {
  /**
   * When this resolves, the entry survives power loss. Entries that arrive together share one disk flush.
   * Rejects with `TrailUnavailable` if it cannot be written; the entry is then not in the trail, and later
   * calls try again from a clean state, so that a disk that has room again needs no restart.
   */
  append(entry: Entry): Promise<void>;
  /** `undefined` while entries can be written, else what is wrong, in a sentence that names the file. */
  problem(): string | undefined;
  /** Waits for what is pending, then closes. */
  close(): Promise<void>;
}

/** The trail cannot be written now. The message names the file; it is for the log, not for the caller. */
export class TrailUnavailable extends Error {
  override readonly name = 'TrailUnavailable';
}
