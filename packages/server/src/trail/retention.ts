import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../files/sync-directory.ts';
import { acceptedBreaks } from './breaks.ts';
import { EMPTY } from './chain.ts';
import { checkSegment } from './check-segment.ts';
import type { Front } from './checkpoints/checkpoint.ts';
import type { Checkpointer } from './checkpoints/checkpointer.ts';
import { checkpointsName, listCheckpointFiles } from './checkpoints/notes.ts';
import type { Entry } from './entry.ts';
import { headerOfSegment, listSegments, segmentPath } from './segments.ts';
import type { Trail } from './trail.ts';

type Begins = Pick<Front, 'segment' | 'before'>;

const DAY_MS = 86_400_000;

interface Ports {
  readonly directory: string;
  readonly trail: Trail;
  readonly checkpointer: Pick<Checkpointer, 'front' | 'sign'>;
  readonly now: () => number;
  readonly newId: () => string;
  /** The oldest segment that somebody has still to read; undefined where nobody has. */
  readonly oldestNeeded: () => number | undefined;
  /** Whether the clock has jumped forward lately: what is final waits. */
  readonly isClockDoubted: () => boolean;
}

/**
 * Removes the oldest segments where all their entries are older than `days`; never one that is still needed. Before
 * anything goes, its intent is in the trail, and a checkpoint is signed that says where the rest begins: what stays
 * can be verified without what went.
 */
export class TrailRetention {
  readonly #ports: Ports;
  readonly #days: number;
  /** The oldest segment that is not old enough yet, and its newest entry: read once, not at each run. */
  #young: { readonly segment: number; readonly newest: number } | undefined;

  constructor(ports: Ports, days: number) {
    this.#ports = ports;
    this.#days = days;
  }

  /** Returns how many segments went. Safe to repeat and to interrupt. */
  async run(): Promise<number> {
    const { directory, trail, checkpointer, now, newId, isClockDoubted } = this.#ports;
    const first = checkpointer.front()?.segment ?? 1;
    const leftOver = await removeBefore(directory, first);
    if (isClockDoubted()) return leftOver;
    const limit = now() - this.#days * DAY_MS;
    const begins = await this.#frontAt(limit);
    if (!begins) return leftOver;

    const entry = removalEntry(first, begins, limit);
    const requestId = newId();
    await trail.append({ ...entry, kind: 'intent', time: now(), requestId });
    await checkpointer.sign(begins);
    const removed = await removeBefore(directory, begins.segment);
    await trail.append({ ...entry, kind: 'service', time: now(), requestId });
    return leftOver + removed;
  }

  /** The front that leaves out as much as is older than `limit`; undefined where it would be the present one. */
  async #frontAt(limit: number): Promise<Begins | undefined> {
    const { directory, checkpointer, oldestNeeded } = this.#ports;
    const present = checkpointer.front();
    let segment = present?.segment ?? 1;
    let before = present?.before ?? EMPTY;
    if (segment === this.#young?.segment && this.#young.newest >= limit) return undefined;
    const segments = await listSegments(directory);
    const newest = segments.at(-1) ?? 0;
    const end = Math.min(newest, oldestNeeded() ?? newest);
    const breaks = await acceptedBreaks(directory, segments);
    let front: Begins | undefined;
    while (segment < end) {
      const damage = breaks.get(segment);
      if (damage) {
        // Its digest covers all of the damage, so that goes as a whole or stays.
        const next = await headerOfSegment(directory, damage.until);
        if (!next || next.time >= limit || damage.until > end) break;
        before = { seq: next.seq - 1, hash: next.header.previous };
        segment = damage.until;
      } else {
        const report = await checkSegment(directory, segment, { before });
        if (report.flaw) throw new Error(`nothing was removed from the trail: ${report.flaw.message}`);
        this.#young = { segment, newest: report.newest };
        if (report.newest >= limit) break;
        before = report.head;
        segment++;
      }
      front = { segment, before };
    }
    return front;
  }
}

/** Oldest first, each gone for good before the next: what a power loss leaves has no gaps. */
async function removeBefore(directory: string, front: number): Promise<number> {
  const segments = (await listSegments(directory)).filter((segment) => segment < front);
  const checkpoints = (await listCheckpointFiles(directory)).filter((segment) => segment < front);
  for (const segment of new Set([...checkpoints, ...segments].sort((a, b) => a - b))) {
    await rm(join(directory, checkpointsName(segment)), { force: true });
    await rm(segmentPath(directory, segment), { force: true });
    await syncDirectory(directory);
  }
  return segments.length;
}

function removalEntry(
  first: number,
  begins: Begins,
  limit: number,
): Omit<Entry, 'kind' | 'time' | 'requestId'> {
  return {
    version: '2016-01-20',
    action: 'RemoveOldTrail',
    region: '',
    caller: { accountId: '', type: 'service', principalId: 'keyhold', accessKeyId: '' },
    sourceIp: 'Internal',
    userAgent: 'keyhold',
    tls: false,
    parameters: {
      FirstSegment: first,
      LastSegment: begins.segment - 1,
      LastEntry: begins.before.seq,
      LastHash: begins.before.hash,
      OlderThan: new Date(limit).toISOString(),
    },
    resources: [],
    reasons: ['the time to keep it is over'],
  };
}
