import { writeSync } from 'node:fs';
import { chunkOffset, fileBytesOf, type Layout, plaintextOffset, TAG_BYTES } from '../format/chunks.ts';
import { openChunks, sealChunks } from '../keys/chunk-cipher.ts';
import { fileChanged, readUpTo } from './input-file.ts';

/** What is to be done to a whole file. Plain data: it goes to worker threads. */
export interface Work {
  readonly direction: 'seal' | 'open';
  readonly layout: Layout;
  readonly inputPath: string;
  readonly input: number;
  /** Absent where the bytes are handed on in order instead of written to their offsets. */
  readonly output?: number | undefined;
}

/** Chunks that are read, worked on and written together: they should stay in the second-level cache. */
const RUN_BYTES = 256 * 1024;

const chunksPerRun = ({ chunkBytes }: Layout): number => Math.max(1, Math.floor(RUN_BYTES / chunkBytes));

export const runsOf = ({ layout }: Work): number => Math.ceil(layout.chunks / chunksPerRun(layout));

/** Buffers of one run: what a worker holds. */
export const bytesHeld = ({ layout }: Work): number =>
  3 * Math.min(chunksPerRun(layout), layout.chunks) * (layout.chunkBytes + TAG_BYTES);

/** Does runs in any order. `key` is read at every run and not kept. */
export class Runner {
  readonly #work: Work;
  readonly #key: Uint8Array;
  readonly #in: Uint8Array;
  #out: Uint8Array<ArrayBuffer> | undefined;

  constructor(work: Work, key: Uint8Array) {
    this.#work = work;
    this.#key = key;
    this.#in = new Uint8Array(this.#span(0).input);
  }

  /**
   * Run number `run`; returns how many bytes of input it took and, where the work has no output, the bytes,
   * which are the caller's then. Throws DamagedChunk, FileChanged.
   */
  run(run: number): { readonly taken: number; readonly bytes?: Uint8Array<ArrayBuffer> } {
    const { direction, layout, input, inputPath, output } = this.#work;
    const { span, from, input: length, to, output: outputLength } = this.#span(run);
    const bytes = this.#in.subarray(0, length);
    if (readUpTo(input, bytes, from) < length) throw fileChanged(inputPath);
    const into = output === undefined ? new Uint8Array(outputLength) : this.#buffer(outputLength);
    const written =
      direction === 'seal'
        ? sealChunks(this.#key, layout, span, bytes, into)
        : openChunks(this.#key, layout, span, bytes, into);
    if (output === undefined) return { taken: length, bytes: into.subarray(0, written) };
    writeAll(output, into.subarray(0, written), to);
    return { taken: length };
  }

  /** Where a run reads and writes. */
  #span(run: number) {
    const { direction, layout } = this.#work;
    const count = chunksPerRun(layout);
    const first = run * count;
    const end = Math.min(first + count, layout.chunks);
    const last = end === layout.chunks;
    const plain = {
      at: plaintextOffset(layout, first),
      end: last ? layout.plaintextBytes : plaintextOffset(layout, end),
    };
    const stored = {
      at: chunkOffset(layout, first),
      end: last ? fileBytesOf(layout) : chunkOffset(layout, end),
    };
    const [from, to] = direction === 'seal' ? [plain, stored] : [stored, plain];
    return {
      span: { first, end },
      from: from.at,
      input: from.end - from.at,
      to: to.at,
      output: to.end - to.at,
    };
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

export function writeAll(fd: number, bytes: Uint8Array, offset: number): void {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(fd, bytes, written, bytes.length - written, offset + written);
  }
}
