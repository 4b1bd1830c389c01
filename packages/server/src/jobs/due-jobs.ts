import type { Key, ProtectionLevel } from '../keys/key.ts';
import type { Store } from '../store/store.ts';
import type { Entry } from '../trail/entry.ts';
import type { Trail } from '../trail/trail.ts';
import { destroyKeys } from './destroy-keys.ts';
import type { DueJob, Kept, WorkPorts } from './due-job.ts';
import { eraseMaterials } from './erase-materials.ts';
import { rotateKeys } from './rotate-keys.ts';
import { serviceEntry } from './service-entry.ts';

const JOBS: readonly DueJob[] = [destroyKeys, eraseMaterials, rotateKeys];
const LEVELS: readonly ProtectionLevel[] = ['SOFTWARE', 'HSM'];

const AT_ONCE = 100;
const LEASE_MS = 60_000;
/** The rest is for the next run: nothing goes round without a pause. */
const BATCHES_A_RUN = 100;

/** A key that the work failed for is tried again after this long, so that it does not fill the trail. */
const REST_MS = 600_000;
/** Where so many fail, it is not the keys: nothing more is tried until some have rested. */
const MOST_RESTING = 1000;

export interface JobPorts extends WorkPorts {
  readonly store: Store;
  readonly trail: Trail;
  readonly now: () => number;
  readonly newId: () => string;
  /** Milliseconds that only go forward. */
  readonly steady: () => number;
  /** Whether the clock has jumped forward lately: what is final waits. */
  readonly isClockDoubted: () => boolean;
}

/** What one job has to do at one level: keys of a token that is away keep no others from their turn. */
interface Queue {
  readonly job: DueJob;
  readonly level: ProtectionLevel;
  /** Until when, by key id. */
  readonly resting: Map<string, number>;
}

/**
 * Does what is due, whenever it is asked: destroys keys, erases expired material, rotates. Several servers over one
 * store may ask; a lease lets one of them work. Safe to repeat and to interrupt at any point: each change is made
 * once, on the key as it was listed; its intent is in the trail before, and what came of it after.
 */
export class DueJobs {
  readonly #ports: JobPorts;
  readonly #holder: string;
  readonly #queues: readonly Queue[] = JOBS.flatMap((job) =>
    LEVELS.map((level) => ({ job, level, resting: new Map() })),
  );

  constructor(ports: JobPorts) {
    this.#ports = ports;
    this.#holder = ports.newId();
  }

  /** How many keys something was done to. A job that fails does not keep the others from running. */
  async run(): Promise<number> {
    let done = 0;
    for (const queue of this.#queues) {
      try {
        done += await this.#runOne(queue);
      } catch (error) {
        this.#ports.onFailure(error);
      }
    }
    return done;
  }

  async #runOne(queue: Queue): Promise<number> {
    const { store, now } = this.#ports;
    const lease = `jobs/${queue.job.what}`;
    let total = 0;
    let keys = await this.#due(queue, now());
    if (keys.length === 0) return 0;
    try {
      for (let batch = 0; batch < BATCHES_A_RUN && keys.length > 0; batch++) {
        if (!(await store.leases.take(lease, this.#holder, now(), LEASE_MS))) break;
        // Listed again under the lease: another server may just have done it.
        const time = now();
        keys = await this.#due(queue, time);
        const done = await this.#work(queue, keys, time);
        total += done;
        keys = done > 0 ? await this.#due(queue, now()) : [];
      }
    } finally {
      await store.leases.release(lease, this.#holder);
    }
    return total;
  }

  async #work({ job, resting }: Queue, keys: readonly Key[], time: number): Promise<number> {
    const { trail, newId } = this.#ports;
    const begun = keys.map((key) => ({ keyId: key.keyId, entry: serviceEntry(job, key, time, newId()) }));
    await Promise.all(begun.map(({ entry }) => trail.append({ ...entry, kind: 'intent' })));
    const outcomes = await job.work(this.#ports, keys, time);
    for (const [keyId, outcome] of outcomes) {
      if (outcome === 'failed') resting.set(keyId, this.#ports.steady() + REST_MS);
    }
    const ended = begun.map(({ keyId, entry }) => withOutcome(entry, outcomes.get(keyId)));
    await Promise.all(ended.map((entry) => trail.append(entry)));
    return ended.filter(({ errorCode }) => errorCode === undefined).length;
  }

  async #due({ job, level, resting }: Queue, time: number): Promise<readonly Key[]> {
    // Asked after the time was read, so that it is the time that is doubted.
    if (job.final && this.#ports.isClockDoubted()) return [];
    const steady = this.#ports.steady();
    for (const [keyId, until] of resting) if (until <= steady) resting.delete(keyId);
    if (resting.size >= MOST_RESTING) return [];
    const keys = await this.#ports.store.keys.listDue(job.what, time, AT_ONCE + resting.size, level);
    return keys.filter(({ keyId }) => !resting.has(keyId)).slice(0, AT_ONCE);
  }
}

function withOutcome(entry: Entry, outcome: Kept | 'failed' | undefined): Entry {
  if (outcome === 'failed') {
    return { ...entry, errorCode: 'InternalFailure', errorMessage: 'It failed, and will be tried again.' };
  }
  if (outcome === undefined) {
    const errorMessage = 'The key was changed in between, and left as it is.';
    return { ...entry, errorCode: 'Rejected.StateModifiedFailed', errorMessage };
  }
  return { ...entry, parameters: { ...entry.parameters, ...outcome } };
}
