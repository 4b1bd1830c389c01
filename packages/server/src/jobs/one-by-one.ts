import type { Key } from '../keys/key.ts';
import { StoreUnavailable } from '../store/store.ts';
import type { DueJob, Kept, WorkPorts } from './due-job.ts';

/** Undefined where the key was changed in between. */
type One = (ports: WorkPorts, key: Key, now: number) => Promise<Kept | undefined>;

/** Work on each key by itself: what fails for one is told of and leaves the others alone. */
export function oneByOne(one: One): DueJob['work'] {
  return async (ports, keys, now) => {
    const outcomes = new Map<string, Kept | 'failed'>();
    for (const key of keys) {
      try {
        const kept = await one(ports, key, now);
        if (kept !== undefined) outcomes.set(key.keyId, kept);
      } catch (error) {
        if (error instanceof StoreUnavailable) throw error;
        outcomes.set(key.keyId, 'failed');
        ports.onFailure(error);
      }
    }
    return outcomes;
  };
}
