import { type Entry, UNDER_WAY_MS } from '../entry.ts';
import { matches } from './attributes.ts';
import { type Bits, bitFrom, bitUpTo, intersect, newBits, setBit, unite } from './bits.ts';
import { ifThere } from './indexer.ts';
import type { OpenIntent, OpenIntents } from './open-intents.ts';
import type { Found, LookupQuery, Position } from './query.ts';
import type { OpenSegment, SegmentIndex } from './segment-index.ts';
import type { Term, Terms } from './terms.ts';

/** Segments opened and lines read for a page, two at least: beyond it the page ends short. */
const MOST_STEPS = 5000;

interface Searched {
  readonly segments: readonly SegmentIndex[];
  readonly intents: OpenIntents;
  readonly terms: Terms;
}

/** A page of entries. Whatever the index proposes is read and compared. */
export function search(
  { segments, intents, terms }: Searched,
  query: LookupQuery,
  mostSteps = MOST_STEPS,
): Found {
  const asked = terms.asked(query);
  const backward = query.direction === 'BACKWARD';
  const entries: Entry[] = [];
  let end = query.after;
  let steps = 0;
  for (const index of backward ? segments.toReversed() : segments) {
    if (isBefore(index, query) || index.from > query.to || index.to < query.from) continue;
    if (steps++ >= mostSteps) return { entries, next: end };
    using open = ifThere(() => index.open());
    if (!open) continue;
    const begun = intents.in(index.segment).filter((intent) => isLost(intent, query, asked));
    const bits = candidates(index, open, asked, begun);
    if (bits) {
      keepTime(bits, index, open, query);
      const start = query.after?.segment === index.segment ? query.after.line : undefined;
      for (const line of linesOf(bits, index.lines, backward, start)) {
        if (steps++ >= mostSteps) return { entries, next: end };
        const entry = open.reader.entry(line);
        if (entry && matches(entry, query)) {
          if (entries.length === query.limit) return { entries, next: end };
          entries.push(entry);
        }
        end = { segment: index.segment, line };
      }
    }
    end = { segment: index.segment, line: backward ? 0 : index.lines - 1 };
  }
  return { entries, next: undefined };
}

/** A page before this one was through with the segment. */
function isBefore({ segment, lines }: SegmentIndex, { after, direction }: LookupQuery): boolean {
  if (after === undefined) return false;
  if (segment === after.segment) return direction === 'BACKWARD' ? after.line <= 0 : after.line >= lines - 1;
  return direction === 'BACKWARD' ? segment > after.segment : segment < after.segment;
}

/** Earlier an intent is no event, for its result will be one. */
const isLost = (intent: OpenIntent, query: LookupQuery, asked: readonly (readonly Term[])[]): boolean =>
  intent.time < query.now - UNDER_WAY_MS &&
  asked.some((terms) => terms.every((term) => intent.terms.includes(term)));

/** Lines that have all terms of one place, and intents. */
function candidates(
  index: SegmentIndex,
  open: OpenSegment,
  asked: readonly (readonly Term[])[],
  begun: readonly Position[],
): Bits | undefined {
  let all = begun.length > 0 ? newBits(index.lines) : undefined;
  for (const { line } of begun) if (all) setBit(all, line);
  for (const terms of asked) {
    let here: Bits | undefined;
    for (const term of terms) {
      const lines = open.linesOf(term);
      if (here && lines) intersect(here, lines);
      else here = lines;
      if (!here) break;
    }
    if (all && here) unite(all, here);
    else all ??= here;
  }
  return all;
}

/** Only where the segment reaches beyond the range: each line's second has to be looked at. */
function keepTime(bits: Bits, index: SegmentIndex, open: OpenSegment, { from, to }: LookupQuery): void {
  if (index.from >= from && index.to <= to) return;
  const kept = newBits(index.lines);
  for (const [line, second] of open.seconds().entries()) {
    if (second >= from && second <= to) setBit(kept, line);
  }
  intersect(bits, kept);
}

function* linesOf(
  bits: Bits,
  lines: number,
  backward: boolean,
  after: number | undefined,
): Generator<number, void, undefined> {
  let line = backward ? bitUpTo(bits, (after ?? lines) - 1) : bitFrom(bits, (after ?? -1) + 1);
  while (line !== -1) {
    yield line;
    line = backward ? bitUpTo(bits, line - 1) : bitFrom(bits, line + 1);
  }
}
