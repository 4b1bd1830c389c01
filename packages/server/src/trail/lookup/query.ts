import type { LOOKUP_KEYS } from '@keyhold/api/actiontrail/lookup.ts';
import type { Entry } from '../entry.ts';

export type LookupKey = (typeof LOOKUP_KEYS)[number];

/** Equal to the letter. */
export interface Filter {
  readonly key: LookupKey;
  readonly value: string;
}

/** A line of the trail, counted from 0 in its segment. It never changes, whatever is appended or retired. */
export interface Position {
  readonly segment: number;
  readonly line: number;
}

/** Whose events, which of them, in what order. Events come in the order in which they were recorded. */
export interface LookupQuery {
  readonly accountId: string;
  readonly region: string;
  /** Whether the region is the one that keeps the events of no region (ActionTrail 1). */
  readonly home: boolean;
  /** Joined by AND. */
  readonly filters: readonly Filter[];
  /** Seconds since 1970, both included. */
  readonly from: number;
  readonly to: number;
  readonly direction: 'BACKWARD' | 'FORWARD';
  readonly limit: number;
  /** Where the page before ended. */
  readonly after?: Position | undefined;
  /** Milliseconds since 1970: what was begun a moment ago may still be under way. */
  readonly now: number;
}

export interface Found {
  readonly entries: readonly Entry[];
  /** Undefined where there is nothing after. A page may be short, even empty, before that: its work is bounded. */
  readonly next: Position | undefined;
}
