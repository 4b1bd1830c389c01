import type { Key } from '../keys/key.ts';
import type { Store } from '../store/store.ts';
import type { Entry } from '../trail/entry.ts';
import type { Trail } from '../trail/trail.ts';
import { ClockJump } from './clock-jump.ts';
import { destroyKeys } from './destroy-keys.ts';
import type { DueJob, Kept, WorkPorts } from './due-job.ts';
import { eraseMaterials } from './erase-materials.ts';
import { rotateKeys } from './rotate-keys.ts';
import { serviceEntry } from './service-entry.ts';

const JOBS: readonly DueJob[] = [destroyKeys, eraseMaterials, rotateKeys];

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
}

/**
 * Does what is due, whenever it is asked: destroys keys, erases expired material, rotates. Several servers over one
 * store may ask; a lease lets one of them work. Safe to repeat and to interrupt at any point: each change is made
 * once, on the key as it was listed; its intent is in the trail before, and what came of it after.
 */
export class DueJobs {
  readonly #ports: JobPorts;
  readonly #holder: string;
  readonly #clock: ClockJump;
  readonly #resting = new Map<string, number>();

  constructor(ports: JobPorts) {
    this.#ports = ports;
    this.#holder = ports.newId();
    this.#clock = new ClockJump(ports.now, ports.steady);
  }

  /** How many keys something was done to. A job that fails does not keep the others from running. */
  async run(): Promise<number> {
    const doubted = this.#clock.isDoubted();
    let done = 0;
    for (const job of JOBS) {
      if (doubted && job.final) continue;
      try {
        done += await this.#runOne(job);
      } catch (error) {
        this.#ports.onFailure(error);
      }
    }
    return done;
  }

  async #runOne(job: DueJob): Promise<number> {
    const { store, now } = this.#ports;
    const lease = `jobs/${job.what}`;
    let total = 0;
    let keys = await this.#due(job, now());
    if (keys.length === 0) return 0;
    try {
      for (let batch = 0; batch < BATCHES_A_RUN && keys.length > 0; batch++) {
        if (!(await store.leases.take(lease, this.#holder, now(), LEASE_MS))) break;
        // Listed again under the lease: another server may just have done it.
        const time = now();
        keys = await this.#due(job, time);
        const done = await this.#work(job, keys, time);
        total += done;
        keys = done > 0 ? await this.#due(job, now()) : [];
      }
    } finally {
      await store.leases.release(lease, this.#holder);
    }
    return total;
  }

  async #work(job: DueJob, keys: readonly Key[], time: number): Promise<number> {
    const { trail, newId } = this.#ports;
    const begun = keys.map((key) => ({ keyId: key.keyId, entry: serviceEntry(job, key, time, newId()) }));
    await Promise.all(begun.map(({ entry }) => trail.append({ ...entry, kind: 'intent' })));
    const outcomes = await job.work(this.#ports, keys, time);
    for (const [keyId, outcome] of outcomes) {
      if (outcome === 'failed') this.#resting.set(keyId, this.#ports.steady() + REST_MS);
    }
    const ended = begun.map(({ keyId, entry }) => withOutcome(entry, outcomes.get(keyId)));
    await Promise.all(ended.map((entry) => trail.append(entry)));
    return ended.filter(({ errorCode }) => errorCode === undefined).length;
  }

  async #due(job: DueJob, time: number): Promise<readonly Key[]> {
    const steady = this.#ports.steady();
    for (const [keyId, until] of this.#resting) if (until <= steady) this.#resting.delete(keyId);
    if (this.#resting.size >= MOST_RESTING) return [];
    const keys = await this.#ports.store.keys.listDue(job.what, time, AT_ONCE + this.#resting.size);
    return keys.filter(({ keyId }) => !this.#resting.has(keyId)).slice(0, AT_ONCE);
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
