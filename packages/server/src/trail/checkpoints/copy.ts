import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkpointsName, lastNoteIn, listCheckpointFiles } from './notes.ts';

const CHUNK_BYTES = 64 << 10;
/** How much of what is there already is compared, before anything is added to a file. */
const OVERLAP_BYTES = 4 << 10;
/** A disk over the network may hang for ever; nobody waits longer than this. */
const SLOW_MS = 30_000;
const FINISH_MS = 3000;

/**
 * Keeps the checkpoints in a second directory as well, best on a disk of another machine. Files there only grow, and
 * stay when retention removes those beside the trail. Where it fails, the next run brings what is missing.
 */
export class CheckpointCopy {
  readonly #from: string;
  readonly #to: string;
  readonly #onFailure: (error: unknown) => void;
  /** Bytes that the copy of a segment's checkpoints is known to have. */
  readonly #copied = new Map<number, number>();
  #running: { readonly done: Promise<void>; readonly since: number } | undefined;
  #problem: string | undefined;
  /** There may be something to copy. */
  #due = true;

  constructor(from: string, to: string, onFailure: (error: unknown) => void) {
    this.#from = from;
    this.#to = to;
    this.#onFailure = onFailure;
  }

  problem(): string | undefined {
    const slow = this.#running && performance.now() - this.#running.since > SLOW_MS;
    return slow ? `${this.#to} does not answer` : this.#problem;
  }

  /** There is something new. */
  touch(): void {
    this.#due = true;
  }

  /** Copies what is new, or failed before, unless that is being done. */
  start(): void {
    if (this.#running || !this.#due) return;
    const done = this.#run().finally(() => {
      this.#running = undefined;
    });
    this.#running = { done, since: performance.now() };
  }

  async finish(): Promise<void> {
    const soon = new AbortController();
    const enough = sleep(FINISH_MS, undefined, { signal: soon.signal }).catch(() => undefined);
    await Promise.race([this.#running?.done.then(() => this.#run()) ?? this.#run(), enough]);
    soon.abort();
  }

  async #run(): Promise<void> {
    this.#due = false;
    try {
      const segments = await listCheckpointFiles(this.#from);
      for (const segment of segments) await this.#copy(segment, segment === segments.at(-1));
      this.#problem = undefined;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== this.#problem) this.#onFailure(error);
      this.#problem = message;
      this.#due = true;
    }
  }

  async #copy(segment: number, growing: boolean): Promise<void> {
    const [from, to] = [this.#from, this.#to].map((directory) => join(directory, checkpointsName(segment)));
    if (from === undefined || to === undefined) return;
    const { size } = await stat(from);
    const known = this.#copied.get(segment);
    if (known === size) return;
    // The end of the newest may be a note that is being written, and perhaps taken back.
    const end = growing ? ((await lastNoteIn(from, size))?.end ?? 0) : size;
    const { O_RDWR, O_CREAT, O_DSYNC } = constants;
    await using source = await open(from, 'r');
    await using target = await open(to, O_RDWR | O_CREAT | O_DSYNC, 0o600);
    const there = (await target.stat()).size;
    if (there > end) throw new Error(`${to} holds more checkpoints than there are beside the trail`);
    const overlap = Math.min(there, OVERLAP_BYTES);
    const [mine, theirs] = [source, target].map((file) => read(file, there - overlap, overlap));
    if (!(await mine)?.equals((await theirs) ?? Buffer.alloc(0))) {
      throw new Error(`${to} holds other checkpoints than those beside the trail`);
    }
    for (let at = there; at < end; at += CHUNK_BYTES) {
      const bytes = await read(source, at, Math.min(CHUNK_BYTES, end - at));
      const { bytesWritten } = await target.write(bytes, 0, bytes.length, at);
      if (bytesWritten !== bytes.length) throw new Error(`${to}: the disk took only a part of the write`);
    }
    this.#copied.set(segment, end);
  }
}

async function read(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  if (bytesRead !== length) throw new Error(`a file of checkpoints became shorter while it was read`);
  return buffer;
}
