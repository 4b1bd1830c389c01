import type { Directories } from '../ram/directories.ts';
import type { TrailRecord } from '../ram/records.ts';
import type { Accounts, Settings } from '../store/store.ts';
import type { Head } from '../trail/chain.ts';
import { type Bucket, findBucket } from './buckets.ts';
import type { Delivery, TrailStatus } from './delivery.ts';
import { TrailStates } from './states.ts';
import { type FailureReason, TargetFailure } from './target.ts';
import { DeliveryThread } from './thread.ts';
import { type JobPorts, TrailJob, trailIdOf } from './trail-job.ts';

/** What another process changed is seen after this long. */
const REFRESH_MS = 60_000;
/** Less than the threads that Node has for files: a disk that hangs must leave one to the audit trail. */
const AT_ONCE = 3;

interface Ports {
  /** The directory of the audit trail. */
  readonly directory: string;
  readonly trail: { head(): Head; segment(): number };
  readonly accounts: Pick<Accounts, 'list'>;
  readonly ram: Directories;
  readonly settings: Settings;
  readonly buckets: readonly Bucket[];
  readonly intervalMs: number;
  /** The first one keeps the events that belong to none. */
  readonly regions: readonly string[];
  readonly now: () => number;
  readonly steady: () => number;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Brings the events of each trail to its bucket, at least once. Each trail has its own place in the audit trail and
 * its own pace, so one whose bucket is away holds up no other.
 */
export class Deliveries implements Delivery {
  readonly #ports: Ports;
  readonly #thread: DeliveryThread;
  readonly #job: JobPorts;
  readonly #jobs = new Map<string, TrailJob>();
  readonly #running = new Set<Promise<void>>();
  #refreshedAt: number | undefined;
  /** Whether every account could be looked at. */
  #isComplete = false;
  #closed = false;

  private constructor(ports: Ports, states: TrailStates) {
    this.#ports = ports;
    this.#thread = new DeliveryThread({ trail: ports.directory });
    this.#job = {
      thread: this.#thread,
      states,
      intervalMs: ports.intervalMs,
      globalRegion: ports.regions[0] ?? '',
      startedAfter: ports.trail.head().seq,
      bucketOf: (accountId, name) => findBucket(ports.buckets, accountId, name),
      now: ports.now,
      steady: ports.steady,
      onFailure: ports.onFailure,
    };
  }

  static async open(ports: Ports): Promise<Deliveries> {
    return new Deliveries(ports, await TrailStates.load(ports.settings));
  }

  /** Begins what is due. */
  async tick(): Promise<void> {
    await this.#refresh();
    const last = this.#ports.trail.head().seq;
    for (const [id, job] of this.#jobs) {
      if (this.#running.size >= AT_ONCE || this.#closed) return;
      if (!job.isDue(last)) continue;
      // Who had a turn goes to the end: where there are many, each gets one.
      this.#jobs.delete(id);
      this.#jobs.set(id, job);
      const run = job.run(last).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }
  }

  problems(): readonly string[] {
    return [...this.#jobs.values()].some((job) => job.error !== undefined) ? ['trail delivery'] : [];
  }

  /** The first segment of the audit trail that must stay; undefined where no trail needs any. */
  oldestNeeded(): number | undefined {
    if (!this.#isComplete) return 1;
    let oldest: number | undefined;
    for (const { segmentNeeded } of this.#jobs.values()) {
      if (segmentNeeded !== undefined) oldest = Math.min(oldest ?? segmentNeeded, segmentNeeded);
    }
    return oldest;
  }

  end() {
    const { trail } = this.#ports;
    return { seq: trail.head().seq, segment: trail.segment() };
  }

  async check(accountId: string, name: string): Promise<'ok' | FailureReason> {
    const bucket = findBucket(this.#ports.buckets, accountId, name);
    if (!bucket) return 'missing';
    try {
      await this.#thread.ask({ do: 'check', place: bucket.place });
      return 'ok';
    } catch (error) {
      if (!(error instanceof TargetFailure)) throw error;
      this.#ports.onFailure(error);
      return error.reason;
    }
  }

  isTaken(bucket: string, accountId: string): boolean {
    return [...this.#jobs.values()].some((job) => job.trail.bucket === bucket && job.accountId !== accountId);
  }

  status(accountId: string, trail: TrailRecord): TrailStatus {
    const job = this.#jobs.get(trailIdOf(accountId, trail));
    const state = job?.state;
    return {
      deliveredAt: state?.deliveredAt ?? null,
      error: job?.error,
      deliveredTo: state?.cursor.seq ?? 0,
      isFinished: job?.isFinished ?? false,
    };
  }

  async noteChange(accountId: string): Promise<void> {
    const { ram, onFailure } = this.#ports;
    // The change is made: where it cannot be read now, it is seen a minute later.
    await ram.get(accountId).then(({ trails }) => this.#take(accountId, trails), onFailure);
  }

  /** What is under way is given up, and done again after the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread.close();
    await Promise.all(this.#running);
  }

  async #refresh(): Promise<void> {
    const { accounts, ram, steady, onFailure } = this.#ports;
    if (this.#refreshedAt !== undefined && steady() - this.#refreshedAt < REFRESH_MS) return;
    let failed = false;
    for (const { accountId } of await accounts.list()) {
      try {
        this.#take(accountId, (await ram.get(accountId)).trails);
      } catch (error) {
        failed = true;
        onFailure(error);
      }
    }
    this.#refreshedAt = steady();
    this.#isComplete = !failed;
    if (!failed) this.#job.states.keep(new Set(this.#jobs.keys()));
  }

  #take(accountId: string, trails: readonly TrailRecord[]): void {
    const present = new Map(trails.map((trail) => [trailIdOf(accountId, trail), trail]));
    for (const [id, job] of this.#jobs) {
      if (job.accountId === accountId && !present.has(id)) this.#jobs.delete(id);
    }
    for (const [id, trail] of present) {
      const job = this.#jobs.get(id);
      if (job) job.trail = trail;
      else this.#jobs.set(id, new TrailJob(this.#job, accountId, trail));
    }
  }
}
