import type { TrailRecord, TrailRun } from '../ram/records.ts';
import type { Entry } from '../trail/entry.ts';
import { eventRwOf, isGlobal } from '../trail/event.ts';
import { placesOf } from '../trail/lookup/attributes.ts';

/** What of the audit trail is one trail's to deliver, and under which names. */
export interface Order {
  readonly accountId: string;
  readonly eventRw: TrailRecord['eventRw'];
  /** Undefined: of all regions. */
  readonly regions: readonly string[] | undefined;
  readonly runs: readonly TrailRun[];
  readonly keyPrefix: string;
  /** The region that keeps the events of none (ActionTrail 1). */
  readonly globalRegion: string;
}

export const orderOf = (accountId: string, trail: TrailRecord, globalRegion: string): Order => ({
  accountId,
  eventRw: trail.eventRw,
  regions: trail.trailRegion === 'All' ? undefined : trail.trailRegion.split(','),
  runs: trail.runs,
  keyPrefix: trail.keyPrefix,
  globalRegion,
});

/** The region under which the entry is delivered; undefined where it is not. */
export function regionIn(order: Order, entry: Entry, seq: number): string | undefined {
  if (order.eventRw !== 'All' && order.eventRw !== eventRwOf(entry)) return undefined;
  if (!order.runs.some((run) => isIn(run, entry, seq))) return undefined;
  const region = isGlobal(entry) || entry.region === '' ? order.globalRegion : entry.region;
  if (order.regions && !order.regions.includes(region)) return undefined;
  const own = `${order.accountId} `;
  return placesOf(entry).some((place) => place.startsWith(own)) ? region : undefined;
}

const isIn = ({ after, end }: TrailRun, { requestId }: Entry, seq: number): boolean =>
  seq > after && (end === null || seq <= end.seq || requestId === end.requestId);
