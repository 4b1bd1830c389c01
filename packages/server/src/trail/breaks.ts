import type { AcceptedBreak } from './line.ts';
import { headerOfSegment } from './segments.ts';

/** Damage that an operator accepted: what stands from a position on up to where segment `until` begins. */
export interface Break {
  readonly accepted: AcceptedBreak;
  readonly until: number;
  /** Number of the line that begins that segment. */
  readonly seq: number;
}

/** By the segment in which the damage begins. An acceptance that lies in damage accepted later does not count. */
export async function acceptedBreaks(
  directory: string,
  segments: readonly number[],
): Promise<ReadonlyMap<number, Break>> {
  const found = new Map<number, Break>();
  let later: AcceptedBreak | undefined;
  for (const until of segments.toReversed()) {
    const line = await headerOfSegment(directory, until);
    const accepted = line?.header.accepted;
    if (!line || !accepted || accepted.segment >= until) continue;
    if (later && (later.segment < until || (later.segment === until && later.offset === 0))) continue;
    later = accepted;
    found.set(accepted.segment, { accepted, until, seq: line.seq });
  }
  return found;
}
