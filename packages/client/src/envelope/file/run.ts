import { read, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { chunkOffset, fileBytesOf, type Layout, plaintextOffset, TAG_BYTES } from '../format/chunks.ts';
import { openChunks, type Span, sealChunks } from '../keys/chunk-cipher.ts';
import { fileChanged, readUpTo } from './input-file.ts';

/** What is to be done to a whole file. Plain data: it goes to worker threads. */
export interface Work {
  readonly direction: 'seal' | 'open';
  readonly layout: Layout;
  readonly inputPath: string;
  readonly input: number;
  /** A file that is written at the offsets of its chunks. Absent where the bytes are handed on in order. */
  readonly output?: number | undefined;
  /** Where they are handed on to, if threads can write there themselves: see `neverWaits`. */
  readonly outlet?: number | undefined;
}

const readSome = promisify(read);
const writeSome = promisify(write);

/** Chunks that are read, worked on and written together: they should stay in the second-level cache. */
const RUN_BYTES = 256 * 1024;

const chunksPerRun = ({ chunkBytes }: Layout): number => Math.max(1, Math.floor(RUN_BYTES / chunkBytes));

export const runsOf = ({ layout }: Work): number => Math.ceil(layout.chunks / chunksPerRun(layout));

/** Of the chunks. */
export const inputBytesOf = ({ direction, layout }: Work): number =>
  direction === 'seal' ? layout.plaintextBytes : fileBytesOf(layout) - layout.headerBytes;

/** Buffers of one runner, and what is on its way to be handed on. */
export const bytesHeld = ({ layout }: Work): number =>
  3 * Math.min(chunksPerRun(layout), layout.chunks) * (layout.chunkBytes + TAG_BYTES);

interface Place {
  readonly at: number;
  readonly length: number;
}

/** Does runs in any order, one at a time. `key` is read at every run and not kept. */
export class Runner {
  readonly #work: Work;
  readonly #key: Uint8Array;
  readonly #in: Uint8Array;
  #out: Uint8Array<ArrayBuffer> | undefined;

  constructor(work: Work, key: Uint8Array) {
    this.#work = work;
    this.#key = key;
    this.#in = new Uint8Array(this.#placesOf(0).from.length);
  }

  /**
   * Run number `run`, at once; returns how many bytes of input it took and, where the work has no output, the
   * bytes: the caller's to keep, or lent until the next run where there is an outlet to write them to. Throws
   * DamagedChunk, FileChanged.
   */
  runNow(run: number): Ran {
    const { output, outlet, input } = this.#work;
    const { from, to } = this.#placesOf(run);
    const bytes = this.#in.subarray(0, from.length);
    const read = readUpTo(input, bytes, from.at);
    const result = this.#transform(run, bytes, read, output !== undefined || outlet !== undefined);
    if (output === undefined) return { taken: read, bytes: result };
    writeAll(output, result, to.at);
    return { taken: read };
  }

  /** The same; while it reads and writes, others have their turn. */
  async run(run: number): Promise<Ran> {
    const { from, to } = this.#placesOf(run);
    const bytes = this.#in.subarray(0, from.length);
    let read = 0;
    while (read < bytes.length) {
      const { bytesRead } = await readSome(
        this.#work.input,
        bytes,
        read,
        bytes.length - read,
        from.at + read,
      );
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    const result = this.#transform(run, bytes, read, this.#work.output !== undefined);
    if (this.#work.output === undefined) return { taken: read, bytes: result };
    for (let written = 0; written < result.length; ) {
      const left = result.length - written;
      written += (await writeSome(this.#work.output, result, written, left, to.at + written)).bytesWritten;
    }
    return { taken: read };
  }

  #transform(run: number, bytes: Uint8Array, read: number, lend: boolean): Uint8Array<ArrayBuffer> {
    const { direction, layout, inputPath } = this.#work;
    if (read < bytes.length) throw fileChanged(inputPath);
    const { to } = this.#placesOf(run);
    const into = lend ? this.#buffer(to.length) : new Uint8Array(to.length);
    const chunks = direction === 'seal' ? sealChunks : openChunks;
    return into.subarray(0, chunks(this.#key, layout, this.#spanOf(run), bytes, into));
  }

  #spanOf(run: number): Span {
    const { layout } = this.#work;
    const first = run * chunksPerRun(layout);
    return { first, end: Math.min(first + chunksPerRun(layout), layout.chunks) };
  }

  /** Where a run reads and writes. */
  #placesOf(run: number): { readonly from: Place; readonly to: Place } {
    const { direction, layout } = this.#work;
    const { first, end } = this.#spanOf(run);
    const last = end === layout.chunks;
    const place = (at: number, end: number): Place => ({ at, length: end - at });
    const plain = place(
      plaintextOffset(layout, first),
      last ? layout.plaintextBytes : plaintextOffset(layout, end),
    );
    const stored = place(chunkOffset(layout, first), last ? fileBytesOf(layout) : chunkOffset(layout, end));
    return direction === 'seal' ? { from: plain, to: stored } : { from: stored, to: plain };
  }

  #buffer(length: number): Uint8Array<ArrayBuffer> {
    if (!this.#out || this.#out.length < length) this.#out = new Uint8Array(length);
    return this.#out.subarray(0, length);
  }

  /** One of the two buffers held plaintext. */
  wipe(): void {
    this.#in.fill(0);
    this.#out?.fill(0);
  }
}

export interface Ran {
  /** Bytes of input. */
  readonly taken: number;
  readonly bytes?: Uint8Array<ArrayBuffer>;
}

/** At the offset, or where the descriptor stands. */
export function writeAll(fd: number, bytes: Uint8Array, offset: number | null): void {
  for (let written = 0; written < bytes.length; ) {
    const at = offset === null ? null : offset + written;
    written += writeSync(fd, bytes, written, bytes.length - written, at);
  }
}
