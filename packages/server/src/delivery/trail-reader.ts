import { type FileHandle, open } from 'node:fs/promises';
import { NEWLINE, PREFIX_BYTES, stated, statedHash } from '../trail/chain.ts';
import type { Entry } from '../trail/entry.ts';
import { LineDecoder, REACH } from '../trail/line.ts';
import { headerOfSegment, listSegments, segmentPath } from '../trail/segments.ts';
import { afterLine, type Cursor } from './cursor.ts';

const READ_BYTES = 256 << 10;

/**
 * Reads entries from a cursor on, up to the line numbered `last`, which is durable: what comes after may still be
 * taken back. Lines that cannot be read are left out, as `readTrail` does: the chain is for `verifyTrail`.
 */
export class TrailReader implements AsyncDisposable {
  readonly #directory: string;
  readonly #last: number;
  #file: FileHandle | undefined;
  #decoder = new LineDecoder();
  #segment = 0;
  #seq: number;
  #hash: string;
  /** Two places at least `REACH` lines apart; the earlier is where to read from later. */
  #since = 0;
  #mark = 0;
  #lines = 0;
  /** What was read of the file from `#bufferAt` on; the next line begins at `#start`. */
  #buffer = Buffer.allocUnsafe(READ_BYTES);
  #held = 0;
  #start = 0;
  #bufferAt = 0;

  private constructor(directory: string, last: number, cursor: Cursor) {
    this.#directory = directory;
    this.#last = last;
    this.#seq = cursor.seq;
    this.#hash = cursor.hash;
  }

  static async open(directory: string, cursor: Cursor, last: number): Promise<TrailReader> {
    const reader = new TrailReader(directory, last, cursor);
    try {
      if (!(await reader.#seek(cursor))) await reader.#search();
    } catch (error) {
      await reader[Symbol.asyncDispose]();
      throw error;
    }
    return reader;
  }

  /** After the line that was read last. */
  position(): Cursor {
    const offset = this.#bufferAt + this.#start;
    return { segment: this.#segment, offset, seq: this.#seq, hash: this.#hash, since: this.#since };
  }

  /** Undefined where there is no more for now. */
  async next(): Promise<Entry | undefined> {
    while (this.#seq < this.#last) {
      const end = await this.#endOfLine();
      const { seq } = end === -1 ? { seq: 0 } : stated(this.#buffer, this.#start, end);
      // A number above the last there is can only be damage.
      if (end === -1 || seq > this.#last) {
        if (!(await this.#nextSegment())) return undefined;
        continue;
      }
      const isNew = seq > this.#seq;
      if (isNew) {
        this.#seq = seq;
        this.#hash = statedHash(this.#buffer, this.#start, end);
      }
      const entry = this.#take(end);
      if (isNew && entry) return entry;
    }
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  /** False where that is not the place it was: the trail was changed since. */
  async #seek(cursor: Cursor): Promise<boolean> {
    if (!(await this.#open(cursor.segment))) return false;
    this.#bufferAt = cursor.since;
    let before = '';
    while (this.#bufferAt + this.#start < cursor.offset) {
      const end = await this.#endOfLine();
      if (end === -1) return false;
      before = statedHash(this.#buffer, this.#start, end);
      this.#take(end);
    }
    this.#since = cursor.since;
    this.#mark = cursor.offset;
    this.#lines = 0;
    return this.#bufferAt + this.#start === cursor.offset && (before === '' || before === cursor.hash);
  }

  /** The segment that holds the next line, by the numbers in the headers; the first where they say nothing. */
  async #search(): Promise<void> {
    let found = 0;
    for (const segment of await listSegments(this.#directory)) {
      const header = await headerOfSegment(this.#directory, segment);
      if (found === 0 || (header && header.seq <= this.#seq + 1)) found = segment;
    }
    await this.#seek(afterLine(this.#seq, found));
  }

  async #nextSegment(): Promise<boolean> {
    const next = (await listSegments(this.#directory)).find((segment) => segment > this.#segment);
    return next !== undefined && (await this.#open(next));
  }

  /** False where it is gone. */
  async #open(segment: number): Promise<boolean> {
    await this.#file?.close();
    this.#file = undefined;
    try {
      this.#file = await open(segmentPath(this.#directory, segment), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    this.#segment = segment;
    this.#decoder = new LineDecoder();
    this.#held = this.#start = this.#bufferAt = 0;
    this.#since = this.#mark = this.#lines = 0;
    return true;
  }

  /** Of the line at `#start`; -1 where the file holds no whole one. */
  async #endOfLine(): Promise<number> {
    let looked = this.#start;
    for (;;) {
      const end = this.#buffer.subarray(0, this.#held).indexOf(NEWLINE, looked);
      if (end !== -1) return end;
      this.#buffer.copyWithin(0, this.#start, this.#held);
      this.#bufferAt += this.#start;
      this.#held -= this.#start;
      this.#start = 0;
      looked = this.#held;
      if (this.#held === this.#buffer.length) {
        this.#buffer = Buffer.concat([this.#buffer], 2 * this.#buffer.length);
      }
      const { bytesRead } = (await this.#file?.read(
        this.#buffer,
        this.#held,
        this.#buffer.length - this.#held,
        this.#bufferAt + this.#held,
      )) ?? { bytesRead: 0 };
      if (bytesRead === 0) return -1;
      this.#held += bytesRead;
    }
  }

  #take(end: number): Entry | undefined {
    const json = this.#buffer.toString('utf8', this.#start + PREFIX_BYTES, end);
    this.#start = end + 1;
    if (++this.#lines % REACH === 0) {
      this.#since = this.#mark;
      this.#mark = this.#bufferAt + this.#start;
    }
    return this.#decoder.entry(json);
  }
}
