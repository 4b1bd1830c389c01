import { closeSync, openSync, readSync } from 'node:fs';
import { PREFIX_BYTES } from '../chain.ts';
import type { Entry } from '../entry.ts';
import { LineDecoder, LineUnreadable, linesToOrigin, REACH } from '../line.ts';

/** Where a line begins, and where the next one does. */
export type SpanOf = (line: number) => readonly [start: number, end: number];

/** Reads single entries of a segment, wherever they stand. */
export class EntryReader implements Disposable {
  readonly #file: number;
  readonly #spanOf: SpanOf;

  /** Throws ENOENT where the segment is gone. */
  constructor(path: string, spanOf: SpanOf) {
    this.#file = openSync(path, 'r');
    this.#spanOf = spanOf;
  }

  /** Undefined for a header, and for a line that cannot be read. */
  entry(line: number): Entry | undefined {
    const json = this.#json(line);
    try {
      const decoder = new LineDecoder();
      const back = linesToOrigin(json);
      if (back > 0) decoder.decode(this.#json(line - back));
      const decoded = decoder.decode(json);
      return 'entry' in decoded ? decoded.entry : undefined;
    } catch (error) {
      if (!(error instanceof LineUnreadable)) throw error;
      return this.#entryTheLongWay(line, json);
    }
  }

  /** Where lines before it are missing or damaged, the origin stands elsewhere. */
  #entryTheLongWay(line: number, json: string): Entry | undefined {
    const decoder = new LineDecoder();
    for (let at = Math.max(0, line - REACH); at < line; at++) decoder.entry(this.#json(at));
    return decoder.entry(json);
  }

  #json(line: number): string {
    if (line < 0) return '';
    const [start, end] = this.#spanOf(line);
    const bytes = Buffer.allocUnsafe(Math.max(0, end - start));
    const length = readSync(this.#file, bytes, 0, bytes.length, start);
    return bytes.toString('utf8', PREFIX_BYTES, Math.max(PREFIX_BYTES, length - 1));
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
