import { closeSync, openSync, readSync } from 'node:fs';
import { NEWLINE, PREFIX_BYTES, stated, statedHash } from '../chain.ts';
import type { Entry } from '../entry.ts';
import { LineDecoder } from '../line.ts';
import { segmentPath } from '../segments.ts';
import { newBits, setBit } from './bits.ts';
import { EntryReader } from './entry-reader.ts';
import { Numbers } from './numbers.ts';
import type { OpenIntents } from './open-intents.ts';
import type { OpenSegment, SegmentIndex } from './segment-index.ts';
import type { Term, Terms } from './terms.ts';

const READ_BYTES = 256 << 10;
const MOST_SECONDS = 2 ** 32 - 1;

/** The index of a segment while it is made, in memory; searched like one in a file. */
export class SegmentBuilder implements SegmentIndex, Disposable {
  readonly segment: number;
  readonly #path: string;
  readonly #file: number;
  readonly #terms: Terms;
  readonly #intents: OpenIntents;
  readonly #decoder = new LineDecoder();
  #buffer = Buffer.allocUnsafe(READ_BYTES);
  /** A term of a single line, which most are, needs no list. */
  readonly postings = new Map<Term, number | number[]>();
  readonly offsets = new Numbers();
  readonly seconds = new Numbers();
  /** Request ids of results whose intents stand in earlier segments. */
  readonly ends: string[] = [];
  from = MOST_SECONDS;
  to = 0;
  /** Bytes of the lines that were taken. */
  covered = 0;
  lastHash = '';

  /** Throws ENOENT where the segment is gone. */
  constructor(directory: string, segment: number, terms: Terms, intents: OpenIntents) {
    this.segment = segment;
    this.#path = segmentPath(directory, segment);
    this.#terms = terms;
    this.#intents = intents;
    this.#file = openSync(this.#path, 'r');
  }

  get lines(): number {
    return this.offsets.length;
  }

  /** Takes some lines, those whose number is `upTo` or less; `false` when there are no more for now. */
  step(upTo: number): boolean {
    const buffer = this.#buffer;
    const length = readSync(this.#file, buffer, 0, buffer.length, this.covered);
    const bytes = buffer.subarray(0, length);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      if (stated(bytes, start, end).seq > upTo) return false;
      this.#take(bytes, start, end);
      start = end + 1;
    }
    if (start === 0 && length === buffer.length) this.#buffer = Buffer.allocUnsafe(2 * buffer.length);
    return length === buffer.length;
  }

  #take(bytes: Buffer, start: number, end: number): void {
    const line = this.lines;
    this.offsets.push(this.covered);
    this.lastHash = statedHash(bytes, start, end);
    this.covered += end + 1 - start;
    const entry = this.#decoder.entry(bytes.toString('utf8', start + PREFIX_BYTES, end));
    const second = Math.min(Math.max(0, Math.floor((entry?.time ?? 0) / 1000)), MOST_SECONDS);
    this.seconds.push(second);
    if (!entry) return;
    this.from = Math.min(this.from, second);
    this.to = Math.max(this.to, second);
    if (entry.kind === 'intent') this.#begin(line, entry);
    else this.#add(line, entry);
  }

  #begin(line: number, entry: Entry): void {
    const { requestId, time } = entry;
    this.#intents.begin({ segment: this.segment, line, requestId, time, terms: this.#terms.of(entry) });
  }

  #add(line: number, entry: Entry): void {
    const begun = this.#intents.end(entry);
    if (begun && begun.segment !== this.segment) this.ends.push(entry.requestId);
    for (const term of this.#terms.of(entry)) {
      const known = this.postings.get(term);
      if (known === undefined) this.postings.set(term, line);
      else if (typeof known === 'number') this.postings.set(term, [known, line]);
      else known.push(line);
    }
  }

  linesWith(term: Term): readonly number[] {
    const known = this.postings.get(term) ?? [];
    return typeof known === 'number' ? [known] : known;
  }

  spanOf(line: number): readonly [number, number] {
    return [this.offsets.at(line), line + 1 < this.lines ? this.offsets.at(line + 1) : this.covered];
  }

  open(): OpenSegment {
    const reader = new EntryReader(this.#path, (line) => this.spanOf(line));
    return {
      reader,
      seconds: () => this.seconds.values,
      linesOf: (term) => {
        const lines = this.linesWith(term);
        if (lines.length === 0) return undefined;
        const bits = newBits(this.lines);
        for (const line of lines) setBit(bits, line);
        return bits;
      },
      [Symbol.dispose]: () => reader[Symbol.dispose](),
    };
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
