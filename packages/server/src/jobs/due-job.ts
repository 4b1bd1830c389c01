import type { Key } from '../keys/key.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Directories } from '../ram/directories.ts';
import type { DueFor, Store } from '../store/store.ts';

/** What is done to keys when the time for it has come. */
export interface DueJob {
  readonly what: DueFor;
  /** Its name in the trail. */
  readonly action: string;
  readonly reason: string;
  /** What it does cannot be taken back, so it waits after a jump of the clock. */
  readonly final: boolean;
  /**
   * Does it to those that are still as they were listed, and resolves with what came of it, by key id. Keys that
   * somebody has changed since are left alone and not among them.
   */
  work(ports: WorkPorts, keys: readonly Key[], now: number): Promise<Outcomes>;
}

export interface WorkPorts {
  readonly store: Pick<Store, 'keys'>;
  readonly keyring: Keyring;
  readonly ram: Pick<Directories, 'change'>;
  /** Told of what failed for one key; the others go on. */
  readonly onFailure: (error: unknown) => void;
}

/** `failed`, or what the trail keeps of it besides the key id. */
export type Outcomes = ReadonlyMap<string, Kept | 'failed'>;

export type Kept = Readonly<Record<string, string>>;
