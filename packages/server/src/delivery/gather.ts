import { type Entry, UNDER_WAY_MS } from '../trail/entry.ts';
import { eventOf } from '../trail/event.ts';
import type { Cursor } from './cursor.ts';
import { type Order, regionIn } from './order.ts';
import { TrailReader } from './trail-reader.ts';

/**
 * What a batch holds, so that it can be made again, the same to the byte: events from where the one before ended
 * up to `to`, in the light of the lines up to the one numbered `seen`.
 */
export interface Plan {
  readonly to: Cursor;
  readonly seen: number;
}

export interface Gathered {
  readonly plan: Plan;
  /** In the order of the trail. */
  readonly events: readonly DeliveredEvent[];
  /** There may be more at once. */
  readonly full: boolean;
}

export interface DeliveredEvent {
  readonly region: string;
  readonly time: number;
  readonly json: string;
}

export interface Limits {
  readonly events: number;
  readonly bytes: number;
  readonly entries: number;
}

/** 16 MiB of text are one or two when compressed. */
export const LIMITS: Limits = { events: 10_000, bytes: 16 << 20, entries: 50_000 };

/** As far as the line numbered `last`, or again what was planned. */
type Until =
  | {
      readonly last: number;
      readonly now: number;
      /** Writes begun up to this line were those of a server that is no more: none is under way. */
      readonly over: number;
      readonly limits?: Limits;
    }
  | { readonly plan: Plan };

/**
 * The next batch after `from`. A write is one event, its result; only where that never came its intent is one. So
 * a batch ends before the first write that is still under way, and is made by looking a little further than it goes.
 */
export async function gather(directory: string, order: Order, from: Cursor, until: Until): Promise<Gathered> {
  const given = 'plan' in until ? until.plan : undefined;
  const {
    last,
    now,
    over,
    limits = LIMITS,
  } = 'plan' in until ? { last: until.plan.seen, now: 0, over: 0 } : until;
  await using reader = await TrailReader.open(directory, from, last);
  const batch = new Batch(order);
  let to = given?.to;
  let entries = 0;
  let time = 0;
  for (;;) {
    const before = reader.position();
    const entry = await reader.next();
    if (!entry) {
      if (before.seq < last) throw new Error(`the trail cannot be read after entry ${before.seq}; verify it`);
      break;
    }
    const here = reader.position();
    batch.end(entry);
    time = Math.max(time, entry.time);
    if (!to || here.seq <= to.seq) {
      batch.add(entry, here.seq, before);
      entries++;
      const full = batch.size >= limits.events || batch.bytes >= limits.bytes || entries >= limits.entries;
      if (!to && full) to = here;
    }
    if (!to || here.seq < to.seq) continue;
    const latest = batch.latestOpen;
    if (latest === undefined || (!given && time > latest + UNDER_WAY_MS)) break;
  }
  const end = reader.position();
  if (given) return { plan: given, events: batch.events(given.to.seq), full: false };

  const cut = batch.firstOpen(
    (begun) => begun.seq > over && now - begun.time < UNDER_WAY_MS && time <= begun.time + UNDER_WAY_MS,
  );
  const plan = { to: cut ?? to ?? end, seen: end.seq };
  return { plan, events: batch.events(plan.to.seq), full: to !== undefined && !cut };
}

interface Item {
  readonly seq: number;
  readonly region: string;
  readonly time: number;
  /** Undefined where it turned out that there is nothing to deliver. */
  json: string | undefined;
}

interface Begun extends Item {
  readonly before: Cursor;
}

class Batch {
  readonly #order: Order;
  readonly #items: Item[] = [];
  /** Writes without a result yet, by request, in the order of the trail. */
  readonly #open = new Map<string, Begun>();
  size = 0;
  bytes = 0;

  constructor(order: Order) {
    this.#order = order;
  }

  /** When the latest write without a result began. */
  get latestOpen(): number | undefined {
    let latest: number | undefined;
    for (const { time } of this.#open.values()) latest = Math.max(latest ?? 0, time);
    return latest;
  }

  add(entry: Entry, seq: number, before: Cursor): void {
    const region = regionIn(this.#order, entry, seq);
    if (region === undefined) return;
    const json = JSON.stringify(eventOf(entry, this.#order.accountId));
    const item = { seq, region, time: entry.time, json, before };
    this.#items.push(item);
    if (entry.kind === 'intent') this.#open.set(entry.requestId, item);
    this.size++;
    this.bytes += json.length;
  }

  /** The entry may be the result of a write. */
  end({ kind, requestId }: Entry): void {
    if (kind === 'intent' || this.#open.size === 0) return;
    const begun = this.#open.get(requestId);
    if (!begun) return;
    this.size--;
    this.bytes -= begun.json?.length ?? 0;
    begun.json = undefined;
    this.#open.delete(requestId);
  }

  /** Before the first write that may still get its result. */
  firstOpen(mayStill: (begun: Begun) => boolean): Cursor | undefined {
    for (const begun of this.#open.values()) if (mayStill(begun)) return begun.before;
    return undefined;
  }

  events(upTo: number): DeliveredEvent[] {
    return this.#items.flatMap(({ seq, region, time, json }) =>
      json !== undefined && seq <= upTo ? [{ region, time, json }] : [],
    );
  }
}
