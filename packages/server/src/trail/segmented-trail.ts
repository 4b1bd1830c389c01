import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { syncDirectory } from '../files/sync-directory.ts';
import { Batch } from './batch.ts';
import type { Head } from './chain.ts';
import type { Entry } from './entry.ts';
import { LineEncoder } from './line.ts';
import { segmentPath } from './segments.ts';
import { type Trail, TrailUnavailable } from './trail.ts';

export const SEGMENT_BYTES = 64 << 20;
/** Segments are what retention removes: none holds the entries of more than a day. */
const SEGMENT_MS = 86_400_000;
/**
 * How much may wait for the disk, besides as much again that is being written: a good second at full rate.
 * A disk that is slower for longer makes calls fail rather than memory grow.
 */
const MOST_WAITING_BYTES = 8 << 20;

/**
 * A write that served so many callers is followed by a pause in which the next one gathers more: each write costs
 * the processor as much as a few calls. A few callers never wait.
 */
const BUSY_ENTRIES = 16;
const BUSY_PAUSE_MS = 2;

/** Where a trail ends. */
export interface TrailEnd {
  readonly head: Head;
  /** Number of the last segment, 0 for none; `length` bytes of it count. */
  readonly segment: number;
  readonly length: number;
  /** The segment holds more than `length` bytes, cut short by a crash. They stay, and nothing is added to them. */
  readonly torn: boolean;
  /** When the segment was begun. */
  readonly startedAt: number;
}

interface Tip extends TrailEnd {
  /** Of the present segment; undefined where the next line must begin a new one. */
  readonly encoder: LineEncoder | undefined;
}

/** The trail in a directory of segments. Made by `openTrail`; only one may write to a directory at a time. */
export class SegmentedTrail implements Trail {
  readonly #directory: string;
  readonly #clock: () => number;
  readonly #segmentBytes: number;
  /** What survives power loss, and what will once the batch in flight does too. */
  #durable: Tip;
  #tip: Tip;
  #gathering: Batch | undefined;
  #spare: Buffer | undefined;
  #draining: Promise<void> | undefined;
  #file: FileHandle | undefined;
  /** Takes back what a failed write may have left. */
  #undo: (() => Promise<void>) | undefined;
  #problem: string | undefined;
  #flushes = 0;
  #closed = false;

  constructor(directory: string, end: TrailEnd, clock: () => number, segmentBytes: number) {
    this.#directory = directory;
    this.#clock = clock;
    this.#segmentBytes = segmentBytes;
    this.#durable = { ...end, encoder: end.torn || end.segment === 0 ? undefined : new LineEncoder() };
    this.#tip = this.#durable;
  }

  append(entry: Entry): Promise<void> {
    if (this.#closed) return Promise.reject(new TrailUnavailable(`${this.#directory}: the trail is closed`));
    try {
      this.#gathering ??= this.#begin();
      if (this.#gathering.length > MOST_WAITING_BYTES) {
        throw new TrailUnavailable(
          `${this.#directory}: the disk is too slow, ${MOST_WAITING_BYTES} bytes wait`,
        );
      }
      this.#gathering.add(entry);
      // Not at once, so that whatever this turn of the event loop still brings shares the first write.
      this.#draining ??= new Promise<void>((start) => setImmediate(start)).then(() => this.#drain());
      return this.#gathering.done.promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The last durable line: what to remember elsewhere and give to `openTrail` and `verifyTrail` as anchor. */
  head(): Head {
    return this.#durable.head;
  }

  /** The segment that line stands in. */
  segment(): number {
    return this.#durable.segment;
  }

  /** Writes since the trail was opened, each flushed to the disk. */
  flushes(): number {
    return this.#flushes;
  }

  problem(): string | undefined {
    return this.#problem;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
    // Lines that stay because this fails were refused to their callers, but do no harm in the trail.
    await this.#takeBack().catch(() => undefined);
    await this.#file?.close();
    this.#file = undefined;
  }

  #begin(): Batch {
    const { head, segment, length, torn, startedAt, encoder } = this.#tip;
    const time = this.#clock();
    const spare = this.#spare;
    this.#spare = undefined;
    if (encoder && length < this.#segmentBytes && time - startedAt < SEGMENT_MS)
      return new Batch(head, encoder, undefined, spare);
    const header = {
      format: 1,
      segment: segment + 1,
      previous: head.hash,
      ...(torn && { validBytes: length }),
    } as const;
    return new Batch(head, new LineEncoder(), { header, time }, spare);
  }

  async #drain(): Promise<void> {
    for (let batch = this.#gathering; batch; batch = this.#gathering) {
      this.#gathering = undefined;
      const { head, encoder, opens } = batch;
      this.#tip = opens
        ? { head, encoder, segment: opens.segment, startedAt: opens.time, length: batch.length, torn: false }
        : { ...this.#tip, head, length: this.#tip.length + batch.length };
      const after = this.#tip;
      try {
        await this.#write(batch);
        this.#durable = after;
        this.#problem = undefined;
        this.#spare = batch.buffer;
        batch.done.resolve();
        if (batch.entries >= BUSY_ENTRIES) await sleep(BUSY_PAUSE_MS);
      } catch (error) {
        this.#fail(batch, after.segment, error);
      }
    }
    this.#draining = undefined;
  }

  async #write(batch: Batch): Promise<void> {
    await this.#takeBack();
    const { segment, length } = this.#durable;
    if (batch.opens) {
      await this.#create(batch.opens.segment);
    } else {
      const path = segmentPath(this.#directory, segment);
      this.#file ??= await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_DSYNC);
      this.#undo = () => truncate(path, length);
    }
    const { bytes } = batch;
    const written = await this.#file?.write(bytes);
    if (written?.bytesWritten !== bytes.length) throw new Error('the disk took only a part of the write');
    this.#flushes++;
    this.#undo = undefined;
  }

  async #create(segment: number): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    const path = segmentPath(this.#directory, segment);
    const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_DSYNC } = constants;
    this.#file = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_DSYNC, 0o600);
    this.#undo = () => rm(path, { force: true });
    await syncDirectory(this.#directory);
  }

  /** What was gathered meanwhile is chained to the lost batch, so it is lost too. */
  #fail(batch: Batch, segment: number, cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#problem = `${segmentPath(this.#directory, segment)} cannot be written: ${reason}`;
    const error = new TrailUnavailable(this.#problem, { cause });
    for (const lost of [batch, this.#gathering]) lost?.done.reject(error);
    this.#gathering = undefined;
    this.#tip = this.#durable = { ...this.#durable, encoder: undefined };
  }

  async #takeBack(): Promise<void> {
    if (!this.#undo) return;
    await this.#file?.close();
    this.#file = undefined;
    await this.#undo();
    this.#undo = undefined;
  }
}

async function truncate(path: string, length: number): Promise<void> {
  await using file = await open(path, 'r+');
  await file.truncate(length);
  await file.sync();
}
