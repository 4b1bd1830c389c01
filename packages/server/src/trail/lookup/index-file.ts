import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import type { OpenIntent } from './open-intents.ts';
import { encodePostings } from './postings.ts';
import type { SegmentBuilder } from './segment-builder.ts';
import { highOf, lowOf } from './terms.ts';

/**
 * The index of a finished segment, `00000001.index`:
 *
 *   magic 8 | length of the facts 4 | facts, JSON
 *   offsets   4 bytes a line, and the end of the last
 *   seconds   4 bytes a line
 *   terms     12 bytes each, ascending: high 21 bits | low 32 bits | its only line with the highest bit set,
 *             else where its postings stand
 *   postings  see postings.ts
 *
 * Numbers are little-endian. The file is derived: what does not fit is made anew.
 */
const MAGIC = 'KHLOOKUP';
export const FORMAT = 1;
export const TERM_BYTES = 12;
/** Marks the only line of a term. */
export const SINGLE = 2 ** 31;
const HEAD_BYTES = MAGIC.length + 4;
const FACTS_AT_ONCE = 4096;

export interface Facts {
  readonly format: typeof FORMAT;
  /** Made with this seed. */
  readonly check: number;
  readonly segment: number;
  /** Bytes of the segment, and its last line: whether it is still the one that was read. */
  readonly size: number;
  readonly lastOffset: number;
  readonly lastHash: string;
  readonly lines: number;
  readonly terms: number;
  readonly postingsBytes: number;
  readonly from: number;
  readonly to: number;
  /** Intents of the segment that had no result in it, and results whose intents stand before it. */
  readonly begun: readonly OpenIntent[];
  readonly ended: readonly string[];
}

/** Where things stand in the file. */
export interface Layout {
  readonly offsets: number;
  readonly seconds: number;
  readonly terms: number;
  readonly postings: number;
}

const layoutOf = ({ lines, terms }: Facts, factsBytes: number): Layout => {
  const offsets = HEAD_BYTES + factsBytes;
  const seconds = offsets + 4 * (lines + 1);
  const termsAt = seconds + 4 * lines;
  return { offsets, seconds, terms: termsAt, postings: termsAt + TERM_BYTES * terms };
};

/** Writes the file whole or not at all. */
export function writeIndex(
  path: string,
  index: SegmentBuilder,
  known: Pick<Facts, 'check' | 'size' | 'begun'>,
): void {
  const { segment, lines, from, to, lastHash, covered, ends } = index;
  const sorted = Float64Array.from(index.postings.keys()).sort();
  const table = Buffer.allocUnsafe(TERM_BYTES * sorted.length);
  const bodies: Buffer[] = [];
  let bodyBytes = 0;
  for (const [i, term] of sorted.entries()) {
    const found = index.linesWith(term);
    const [only] = found;
    let where = bodyBytes;
    if (only !== undefined && found.length === 1) where = SINGLE + only;
    else {
      const body = encodePostings(found, lines);
      bodies.push(body);
      bodyBytes += body.length;
    }
    table.writeUInt32LE(highOf(term), TERM_BYTES * i);
    table.writeUInt32LE(lowOf(term), TERM_BYTES * i + 4);
    table.writeUInt32LE(where, TERM_BYTES * i + 8);
  }
  const facts: Facts = {
    format: FORMAT,
    ...known,
    segment,
    lastOffset: lines > 0 ? index.offsets.at(lines - 1) : 0,
    lastHash,
    lines,
    terms: sorted.length,
    postingsBytes: bodyBytes,
    from,
    to,
    ended: ends,
  };
  const text = Buffer.from(JSON.stringify(facts), 'utf8');
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(MAGIC, 'latin1');
  head.writeUInt32LE(text.length, MAGIC.length);

  const offsets = littleEndian(index.offsets.values);
  const end = Buffer.alloc(4);
  end.writeUInt32LE(covered);
  const parts = [head, text, offsets, end, littleEndian(index.seconds.values), table, Buffer.concat(bodies)];
  replaceFile(path, Buffer.concat(parts));
}

function littleEndian(values: Uint32Array): Buffer {
  const bytes = Buffer.allocUnsafe(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value, 4 * i);
  return bytes;
}

function replaceFile(path: string, bytes: Buffer): void {
  const draft = `${path}.new`;
  const file = openSync(draft, 'w', 0o600);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    // Before the rename: after a power loss the name must not stand for a file of zeros.
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}

/** What an index file says of itself; undefined where it is none of this format, or not whole. */
export function readFacts(path: string): { readonly facts: Facts; readonly layout: Layout } | undefined {
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(FACTS_AT_ONCE);
    const length = readSync(file, start, 0, start.length, 0);
    if (length < HEAD_BYTES || start.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
    const text = Buffer.alloc(start.readUInt32LE(MAGIC.length));
    if (readSync(file, text, 0, text.length, HEAD_BYTES) !== text.length) return undefined;
    const facts: Facts = JSON.parse(text.toString('utf8'));
    const layout = layoutOf(facts, text.length);
    const whole = facts.format === FORMAT && fstatSync(file).size === layout.postings + facts.postingsBytes;
    return whole ? { facts, layout } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  } finally {
    closeSync(file);
  }
}
