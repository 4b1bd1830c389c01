import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../../files/sync-directory.ts';
import type { Settings } from '../../store/store.ts';
import type { Head } from '../chain.ts';
import type { Checkpoint, Front } from './checkpoint.ts';
import type { CheckpointCopy } from './copy.ts';
import { checkpointsName, lastNoteIn, listCheckpointFiles, notesIn } from './notes.ts';
import { remember } from './remembered.ts';
import type { SigningKey } from './signing-key.ts';

interface Ports {
  readonly directory: string;
  readonly trail: { head(): Head; segment(): number };
  readonly key: SigningKey;
  readonly settings: Settings;
  readonly now: () => number;
  /** Milliseconds of a clock that is never set back. */
  readonly elapsed: () => number;
  readonly copy: CheckpointCopy | undefined;
}

/** When to sign: after so many entries, or so long after the last time where there is at least one. */
interface Pace {
  readonly entries: number;
  readonly seconds: number;
}

/**
 * Signs checkpoints of the trail beside it. Works from what is durable already, so that no call waits for it, and
 * fails by itself: what was not signed now is signed the next time.
 */
export class Checkpointer {
  readonly #ports: Ports;
  readonly #pace: Pace;
  #last: Checkpoint | undefined;
  #signedAt = Number.NEGATIVE_INFINITY;
  /** The file that is written to, and how many of its bytes are whole notes. */
  #file: { readonly segment: number; end: number } | undefined;
  /** The last note, until the database has it. */
  #unremembered: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #problem: string | undefined;

  constructor(ports: Ports, pace: Pace, last: Checkpoint | undefined) {
    this.#ports = ports;
    this.#pace = pace;
    this.#last = last;
  }

  /** Where the trail begins. */
  front(): Front | undefined {
    return this.#last?.front;
  }

  /** What is wrong, in words without paths. */
  problems(): readonly string[] {
    return [
      ...(this.#problem === undefined ? [] : ['checkpoints']),
      ...(this.#ports.copy?.problem() === undefined ? [] : ['checkpoint copies']),
    ];
  }

  /** Signs if it is time to. */
  async tick(): Promise<void> {
    const fresh = this.#ports.trail.head().seq - (this.#last?.head.seq ?? 0);
    const waited = this.#ports.elapsed() - this.#signedAt >= this.#pace.seconds * 1000;
    try {
      if (fresh > 0 && (waited || fresh >= this.#pace.entries)) await this.sign();
      else await this.#remember();
    } finally {
      this.#ports.copy?.start();
    }
  }

  /** Signs what is durable now; the trail begins at `segment` from then on, where that is given. */
  sign(begins?: Pick<Front, 'segment' | 'before'>): Promise<void> {
    const turn = this.#turn.then(() => this.#sign(begins));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Signs what is left, and waits for the copy, but not for one that hangs. */
  async close(): Promise<void> {
    if (this.#ports.trail.head().seq !== (this.#last?.head.seq ?? 0)) await this.sign();
    await this.#ports.copy?.finish();
  }

  async #sign(begins: Pick<Front, 'segment' | 'before'> | undefined): Promise<void> {
    const { trail, key, now, elapsed } = this.#ports;
    const number = (this.#last?.number ?? 0) + 1;
    try {
      const front = begins
        ? { ...begins, checkpoint: (await this.#firstNumberFrom(begins.segment)) ?? number }
        : this.#last?.front;
      const checkpoint = { number, head: trail.head(), time: now(), ...(front && { front }) };
      const note = key.sign(checkpoint);
      await this.#write(trail.segment(), Buffer.from(note, 'utf8'));
      this.#last = checkpoint;
      this.#signedAt = elapsed();
      this.#unremembered = note;
      this.#ports.copy?.touch();
      this.#problem = undefined;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      throw error;
    }
    await this.#remember();
  }

  async #remember(): Promise<void> {
    const note = this.#unremembered;
    if (note === undefined) return;
    await remember(this.#ports.settings, note);
    if (this.#unremembered === note) this.#unremembered = undefined;
  }

  async #firstNumberFrom(segment: number): Promise<number | undefined> {
    const { directory, key } = this.#ports;
    for (const each of await listCheckpointFiles(directory)) {
      if (each < segment) continue;
      for await (const { text } of notesIn(join(directory, checkpointsName(each)))) {
        const checkpoint = key.publicKey.open(text);
        if (checkpoint) return checkpoint.number;
      }
    }
    return undefined;
  }

  async #write(segment: number, note: Buffer): Promise<void> {
    const { directory } = this.#ports;
    const path = join(directory, checkpointsName(segment));
    const { O_RDWR, O_CREAT, O_DSYNC } = constants;
    await using file = await open(path, O_RDWR | O_CREAT | O_DSYNC, 0o600);
    const { size } = await file.stat();
    if (size === 0) await syncDirectory(directory);
    if (this.#file?.segment !== segment) {
      this.#file = { segment, end: (await lastNoteIn(path))?.end ?? 0 };
    }
    const { end } = this.#file;
    if (size < end) throw new Error(`${path} was cut short from ${end} to ${size} bytes`);
    // A note that a crash or a full disk cut short was never said.
    if (size > end) await file.truncate(end);
    const { bytesWritten } = await file.write(note, 0, note.length, end);
    if (bytesWritten !== note.length) throw new Error(`${path}: the disk took only a part of the write`);
    this.#file.end += note.length;
  }
}
