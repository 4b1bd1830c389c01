import type { Bits } from './bits.ts';
import type { EntryReader } from './entry-reader.ts';
import type { Term } from './terms.ts';

/** What is known of the lines of one segment. */
export interface SegmentIndex {
  readonly segment: number;
  readonly lines: number;
  /** Time of its first and last entry by the clock, seconds; `from` above `to` where there is none. */
  readonly from: number;
  readonly to: number;
  /** Throws ENOENT where the segment or its index is gone. */
  open(): OpenSegment;
}

export interface OpenSegment extends Disposable {
  /** The lines of a term; the caller may change the bits. Undefined: none. */
  linesOf(term: Term): Bits | undefined;
  /** The second of each line. */
  seconds(): Uint32Array;
  readonly reader: EntryReader;
}
