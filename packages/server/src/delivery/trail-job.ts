import type { TrailRecord } from '../ram/records.ts';
import { UNDER_WAY_MS } from '../trail/entry.ts';
import type { Bucket } from './buckets.ts';
import { afterLine } from './cursor.ts';
import type { DeliveryError } from './delivery.ts';
import { LIMITS } from './gather.ts';
import { orderOf } from './order.ts';
import type { TrailState, TrailStates } from './states.ts';
import { TargetFailure } from './target.ts';
import type { DeliveryThread } from './thread.ts';

/** What StartLogging and StopLogging did is delivered at once, not after the whole interval. */
const EAGER_MS = 10_000;
const FIRST_RETRY_MS = 1000;
const MOST_RETRY_MS = 300_000;
/** A target that hangs is told of, and waited for: to write to it twice at once would help nobody. */
const SLOW_MS = 60_000;

export interface JobPorts {
  readonly thread: DeliveryThread;
  readonly states: TrailStates;
  readonly intervalMs: number;
  readonly globalRegion: string;
  /** The last line of the audit trail when the server started. */
  readonly startedAfter: number;
  readonly bucketOf: (accountId: string, name: string) => Bucket | undefined;
  readonly now: () => number;
  /** Milliseconds that only go forward. */
  readonly steady: () => number;
  readonly onFailure: (error: unknown) => void;
}

/** What is remembered of a trail, also after one of the same name was deleted. */
export const trailIdOf = (accountId: string, { trailName, createdAt }: TrailRecord): string =>
  `${accountId} ${trailName} ${createdAt}`;

/** The deliveries of one trail: one batch at a time. */
export class TrailJob {
  readonly accountId: string;
  readonly #id: string;
  readonly #ports: JobPorts;
  #trail: TrailRecord;
  #runningSince: number | undefined;
  #eagerUntil: number;
  #nextAt = 0;
  #failures = 0;
  #error: DeliveryError | undefined;
  #message: string | undefined;

  constructor(ports: JobPorts, accountId: string, trail: TrailRecord) {
    this.#ports = ports;
    this.accountId = accountId;
    this.#trail = trail;
    this.#id = trailIdOf(accountId, trail);
    this.#eagerUntil = ports.steady() + EAGER_MS;
  }

  get trail(): TrailRecord {
    return this.#trail;
  }

  set trail(trail: TrailRecord) {
    if (JSON.stringify(trail) === JSON.stringify(this.#trail)) return;
    this.#trail = trail;
    // Perhaps it has another bucket now.
    this.#failures = this.#nextAt = 0;
    this.#eagerUntil = this.#ports.steady() + EAGER_MS;
  }

  get error(): DeliveryError | undefined {
    const { steady } = this.#ports;
    const slow = this.#runningSince !== undefined && steady() - this.#runningSince > SLOW_MS;
    return this.#error ?? (slow ? 'away' : undefined);
  }

  get state(): TrailState | undefined {
    const known = this.#ports.states.get(this.#id);
    const first = this.#trail.runs[0];
    if (!first || (known && known.cursor.seq >= first.after)) return known;
    return { cursor: afterLine(first.after, first.segment), deliveredAt: known?.deliveredAt ?? null };
  }

  /** The segment that is read next; undefined where there is nothing more to deliver. */
  get segmentNeeded(): number | undefined {
    return this.isFinished ? undefined : this.state?.cursor.segment;
  }

  get #end(): number | undefined {
    return this.#trail.runs.at(-1)?.end?.seq;
  }

  /** Everything up to the last StopLogging is delivered. */
  get isFinished(): boolean {
    const end = this.#end;
    return this.#trail.runs.length === 0 || (end !== undefined && this.state?.finished === end);
  }

  /** Whether a batch is to be made now, of the lines up to the one numbered `last`. */
  isDue(last: number): boolean {
    const { state } = this;
    if (this.#runningSince !== undefined || this.isFinished || !state) return false;
    const time = this.#ports.steady();
    if (this.#failures > 0) return time >= this.#nextAt;
    if (this.#isOver()) return true;
    const lag = last - state.cursor.seq;
    return lag > 0 && (time >= this.#nextAt || time < this.#eagerUntil || lag >= LIMITS.entries);
  }

  /** Makes a batch and brings it to its place. Never rejects. */
  async run(last: number): Promise<void> {
    const { steady, intervalMs } = this.#ports;
    this.#runningSince = steady();
    try {
      const more = await this.#deliver(last);
      this.#failures = 0;
      this.#error = this.#message = undefined;
      this.#nextAt = more ? 0 : steady() + intervalMs;
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#runningSince = undefined;
    }
  }

  /** Whether there may be more at once. */
  async #deliver(last: number): Promise<boolean> {
    const { thread, states, bucketOf, now, globalRegion, startedAfter: over } = this.#ports;
    const { accountId, state } = this;
    if (!state) return false;
    const trail = this.#trail;
    const { cursor: from, deliveredAt } = state;
    const order = orderOf(accountId, trail, globalRegion);
    let { plan } = state;
    let more = true;
    if (!plan) {
      const isOver = this.#isOver();
      const made = await thread.ask({ do: 'gather', order, from, last, now: now(), over });
      more = made.full;
      const cursor = made.plan.to;
      if (made.events === 0) {
        const finished = isOver && cursor.seq === last ? this.#end : undefined;
        if (finished === undefined && cursor.seq === from.seq) return more;
        await states.put(this.#id, { cursor, deliveredAt, ...(finished !== undefined && { finished }) });
        return more;
      }
      plan = made.plan;
      await states.put(this.#id, { cursor: from, plan, deliveredAt });
    }
    const bucket = bucketOf(accountId, trail.bucket);
    if (!bucket) throw new TargetFailure('missing', `the bucket ${trail.bucket} is not configured`);
    await thread.ask({ do: 'put', order, from, plan, place: bucket.place });
    await states.put(this.#id, { cursor: plan.to, deliveredAt: now() });
    return more;
  }

  /** Nothing that belongs to the last run is under way any more. */
  #isOver(): boolean {
    const { stoppedAt } = this.#trail;
    return this.#end !== undefined && stoppedAt !== null && this.#ports.now() - stoppedAt > UNDER_WAY_MS;
  }

  #fail(error: unknown): void {
    const { steady, onFailure } = this.#ports;
    this.#error = error instanceof TargetFailure ? error.reason : 'internal';
    const message = error instanceof Error ? error.message : String(error);
    if (message !== this.#message) onFailure(error);
    this.#message = message;
    this.#nextAt = steady() + Math.min(FIRST_RETRY_MS * 2 ** this.#failures, MOST_RETRY_MS);
    this.#failures++;
  }
}
