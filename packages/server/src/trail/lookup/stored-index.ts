import { closeSync, openSync, readSync } from 'node:fs';
import { type Bits, newBits, setBit } from './bits.ts';
import { EntryReader } from './entry-reader.ts';
import { type Facts, type Layout, SINGLE, TERM_BYTES } from './index-file.ts';
import { bodyBytes, decodePostings, LENGTH_BYTES } from './postings.ts';
import type { OpenSegment, SegmentIndex } from './segment-index.ts';
import { type Term, termOf } from './terms.ts';

/** Terms are spread evenly, so the place of one can be guessed: it is nearly always among so many. */
const TERMS_AT_ONCE = 1024;
const ALL_TERMS = 2 ** 53;
/** Most postings are as short. */
const POSTINGS_AT_ONCE = 2048;

interface Paths {
  readonly segment: string;
  readonly index: string;
}

/** The index of a finished segment, in its file; nothing of it stays open or in memory between lookups. */
export class StoredIndex implements SegmentIndex {
  readonly segment: number;
  readonly lines: number;
  readonly from: number;
  readonly to: number;
  readonly #terms: number;
  readonly #paths: Paths;
  readonly #layout: Layout;

  constructor(paths: Paths, facts: Facts, layout: Layout) {
    this.segment = facts.segment;
    this.lines = facts.lines;
    this.from = facts.from;
    this.to = facts.to;
    this.#terms = facts.terms;
    this.#paths = paths;
    this.#layout = layout;
  }

  open(): OpenSegment {
    const file = openSync(this.#paths.index, 'r');
    let reader: EntryReader;
    try {
      reader = new EntryReader(this.#paths.segment, (line) => {
        const span = read(file, this.#layout.offsets + 4 * line, 8);
        return [span.readUInt32LE(0), span.readUInt32LE(4)];
      });
    } catch (error) {
      closeSync(file);
      throw error;
    }
    return {
      reader,
      seconds: () => {
        const bytes = read(file, this.#layout.seconds, 4 * this.lines);
        return Uint32Array.from({ length: this.lines }, (_, i) => bytes.readUInt32LE(4 * i));
      },
      linesOf: (term) => this.#linesOf(file, term),
      [Symbol.dispose]: () => {
        closeSync(file);
        reader[Symbol.dispose]();
      },
    };
  }

  #linesOf(file: number, term: Term): Bits | undefined {
    const where = this.#find(file, term);
    if (where === undefined) return undefined;
    if (where >= SINGLE) {
      const bits = newBits(this.lines);
      setBit(bits, where - SINGLE);
      return bits;
    }
    const at = this.#layout.postings + where;
    const start = Buffer.alloc(LENGTH_BYTES + POSTINGS_AT_ONCE);
    const known = readSync(file, start, 0, start.length, at) - LENGTH_BYTES;
    const length = start.readUInt32LE(0);
    const bytes = bodyBytes(length);
    const body =
      bytes <= known
        ? start.subarray(LENGTH_BYTES, LENGTH_BYTES + bytes)
        : read(file, at + LENGTH_BYTES, bytes);
    return decodePostings(length, body, this.lines);
  }

  /** What the table says of the term. */
  #find(file: number, term: Term): number | undefined {
    const guess = Math.floor((term / ALL_TERMS) * this.#terms) - TERMS_AT_ONCE / 2;
    for (let low = 0, high = this.#terms; low < high; ) {
      const start = Math.max(low, Math.min(guess, high - TERMS_AT_ONCE));
      const end = Math.min(high, start + TERMS_AT_ONCE);
      const rows = read(file, this.#layout.terms + TERM_BYTES * start, TERM_BYTES * (end - start));
      if (term < termAt(rows, 0)) high = start;
      else if (term > termAt(rows, end - start - 1)) low = end;
      else return among(rows, term);
    }
    return undefined;
  }
}

const termAt = (rows: Buffer, row: number): Term =>
  termOf(rows.readUInt32LE(TERM_BYTES * row), rows.readUInt32LE(TERM_BYTES * row + 4));

function among(rows: Buffer, term: Term): number | undefined {
  let low = 0;
  let high = rows.length / TERM_BYTES;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = termAt(rows, middle);
    if (found === term) return rows.readUInt32LE(TERM_BYTES * middle + 8);
    if (found < term) low = middle + 1;
    else high = middle;
  }
  return undefined;
}

/** Throws RangeError where the file is shorter: it is not the one that was written. */
function read(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  if (length > 0 && readSync(file, bytes, 0, length, at) !== length) {
    throw new RangeError('an index file of the trail is cut short');
  }
  return bytes;
}
