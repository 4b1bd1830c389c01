import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PREFIX_BYTES, stated, statedHash } from '../chain.ts';
import { segmentName, segmentPath, segmentsAmong } from '../segments.ts';
import { type Facts, readFacts, writeIndex } from './index-file.ts';
import { OpenIntents } from './open-intents.ts';
import { SegmentBuilder } from './segment-builder.ts';
import type { SegmentIndex } from './segment-index.ts';
import { StoredIndex } from './stored-index.ts';
import type { Terms } from './terms.ts';

/** Enough of a line to read its number and its hash. */
const GLIMPSE_BYTES = PREFIX_BYTES + 24;

/**
 * Keeps the index of a trail: a file for each segment that is finished, and the last segment in memory. Takes
 * segments in their order, each from its file if that fits, else from the segment itself, so that whatever a crash
 * or a restored backup left behind is made good.
 */
export class Indexer implements Disposable {
  readonly intents = new OpenIntents();
  readonly #trail: string;
  readonly #directory: string;
  readonly #terms: Terms;
  readonly #finished = new Map<number, SegmentIndex>();
  #builder: SegmentBuilder | undefined;

  constructor(trail: string, directory: string, terms: Terms) {
    this.#trail = trail;
    this.#directory = directory;
    this.#terms = terms;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** What is indexed, in the order of the trail. */
  get segments(): readonly SegmentIndex[] {
    return [...this.#finished.values(), ...(this.#builder ? [this.#builder] : [])];
  }

  /**
   * Does a little of what there is to do, as far as the entry numbered `head`, the last durable one: what comes
   * after may still be taken back. `false` when there is nothing more for now.
   */
  step(head: number): boolean {
    if (!this.#builder) return this.#beginNext(head);
    // Before reading: what is appended in between must not be missed.
    const finished = this.#isFinished(this.#builder.segment, head);
    if (this.#builder.step(finished ? Number.POSITIVE_INFINITY : head)) return true;
    if (finished) this.#finish(this.#builder);
    return finished;
  }

  /** Does all there is to do, unless more than `mostBytes` are not indexed yet: `false` then. */
  catchUp(head: number, mostBytes: number): boolean {
    let known = false;
    while (this.step(head)) {
      if (known || !this.#builder) continue;
      if (this.#behind() > mostBytes) return false;
      known = true;
    }
    return true;
  }

  /** Bytes of segments that are not indexed yet. */
  #behind(): number {
    const first = this.#builder?.segment ?? this.#last() + 1;
    const sizes = listSegments(this.#trail)
      .filter((segment) => segment >= first)
      .map((segment) => sizeOf(segmentPath(this.#trail, segment)));
    return sizes.reduce((sum, size) => sum + size, 0) - (this.#builder?.covered ?? 0);
  }

  /** Drops what belongs to segments that were retired, and what a crash left half written. */
  tidy(): void {
    const present = new Set(listSegments(this.#trail));
    for (const segment of this.#finished.keys()) {
      if (present.has(segment)) continue;
      this.#finished.delete(segment);
      this.intents.forget(segment);
    }
    const wanted = new Set([...present].map(indexName));
    for (const name of readdirSync(this.#directory)) {
      if (!wanted.has(name)) rmSync(join(this.#directory, name), { force: true });
    }
  }

  [Symbol.dispose](): void {
    this.#builder?.[Symbol.dispose]();
    this.#builder = undefined;
  }

  #last(): number {
    return [...this.#finished.keys()].at(-1) ?? 0;
  }

  #beginNext(head: number): boolean {
    const last = this.#last();
    const segment = listSegments(this.#trail).find((number) => number > last);
    if (segment === undefined) return false;
    // Lines may still be added to an unfinished one: its file, if there is one, is of another time.
    const stored = this.#isFinished(segment, head) ? this.#stored(segment) : undefined;
    if (stored) this.#finished.set(segment, stored);
    else {
      this.#builder = ifThere(() => new SegmentBuilder(this.#trail, segment, this.#terms, this.intents));
    }
    return true;
  }

  /** Nothing is added to a segment once a durable line stands in a later one. */
  #isFinished(segment: number, head: number): boolean {
    return listSegments(this.#trail).some((later) => {
      if (later <= segment) return false;
      const start = glimpse(segmentPath(this.#trail, later), 0);
      const { seq } = stated(start, 0, start.length);
      return seq > 0 && seq <= head;
    });
  }

  #finish(builder: SegmentBuilder): void {
    const { segment } = builder;
    const size = sizeOf(segmentPath(this.#trail, segment));
    const path = this.#indexPath(segment);
    writeIndex(path, builder, { check: this.#terms.check(), size, begun: this.intents.in(segment) });
    this.#builder = undefined;
    builder[Symbol.dispose]();
    const stored = readFacts(path);
    if (!stored) throw new Error(`${path} is not what was written to it`);
    this.#finished.set(segment, this.#indexOf(segment, stored));
  }

  #stored(segment: number): SegmentIndex | undefined {
    const stored = ifThere(() => readFacts(this.#indexPath(segment)));
    if (!stored || !this.#isOf(segment, stored.facts)) return undefined;
    for (const requestId of stored.facts.ended) this.intents.end({ requestId });
    for (const intent of stored.facts.begun) this.intents.begin(intent);
    return this.#indexOf(segment, stored);
  }

  #isOf(segment: number, facts: Facts): boolean {
    if (facts.segment !== segment || facts.check !== this.#terms.check()) return false;
    const path = segmentPath(this.#trail, segment);
    if (facts.size !== sizeOf(path)) return false;
    const last = glimpse(path, facts.lastOffset);
    return facts.lines === 0 || statedHash(last, 0, last.length) === facts.lastHash;
  }

  #indexOf(segment: number, stored: NonNullable<ReturnType<typeof readFacts>>): StoredIndex {
    const paths = { segment: segmentPath(this.#trail, segment), index: this.#indexPath(segment) };
    return new StoredIndex(paths, stored.facts, stored.layout);
  }

  #indexPath(segment: number): string {
    return join(this.#directory, indexName(segment));
  }
}

const indexName = (segment: number): string => segmentName(segment).replace(/trail$/, 'index');

const listSegments = (directory: string): number[] => segmentsAmong(readdirSync(directory));

/** 0 where the file is gone. */
const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** The start of a line, empty where it is not whole or the file is gone. */
function glimpse(path: string, offset: number): Buffer {
  const bytes = Buffer.alloc(GLIMPSE_BYTES);
  const length = ifThere(() => {
    const file = openSync(path, 'r');
    try {
      return readSync(file, bytes, 0, bytes.length, offset);
    } finally {
      closeSync(file);
    }
  });
  return bytes.subarray(0, length ?? 0);
}

/** Segments are retired at any moment: what is gone counts as never there. */
export function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
