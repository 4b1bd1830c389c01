import { basename } from 'node:path';
import type { Head } from '../chain.ts';
import type { Checkpoint, Front } from './checkpoint.ts';
import type { Note, NoteSource } from './notes.ts';
import type { TrailPublicKey } from './public-key.ts';

/** What a trail can be held against, as it is now. */
export interface Evidence {
  readonly publicKey: TrailPublicKey;
  /** Of the trail itself. */
  readonly own: NoteSource;
  /** Kept elsewhere: what they have and the trail lacks was removed from it. */
  readonly copies: readonly NoteSource[];
}

export interface Position {
  readonly segment: number;
  readonly offset: number;
}

/** Up to where a trail is as it was signed. */
export interface Signed {
  readonly head: Head;
  /** Right behind that line. */
  readonly at: Position;
  /** The last checkpoint that fits; undefined before the first. */
  readonly checkpoint: Checkpoint | undefined;
}

/** Where retention let the trail begin, as the newest checkpoint of all says it. */
export async function signedFront({ publicKey, own, copies }: Evidence): Promise<Front | undefined> {
  let newest: Checkpoint | undefined;
  for (const source of [own, ...copies]) {
    const note = await source.last();
    const checkpoint = note && publicKey.open(note.text);
    if (checkpoint && checkpoint.number > (newest?.number ?? 0)) newest = checkpoint;
  }
  return newest?.front;
}

interface Reading {
  readonly notes: AsyncIterator<Note>;
  readonly own: boolean;
  next: { readonly note: Note; readonly checkpoint: Checkpoint } | undefined;
}

/**
 * Holds lines against checkpoints as both go by. Checkpoints are numbered without gaps, so one that was taken out
 * shows as well; after damage that an operator accepted, the numbers may go on anywhere.
 */
export class Marks {
  /** What is wrong after `signed`; the marks then stand still. */
  problem: string | undefined;
  signed: Signed;
  readonly #publicKey: TrailPublicKey;
  readonly #readings: Reading[];
  readonly #firstKept: number;
  #current: Checkpoint | undefined;
  #ownSeen = false;

  private constructor(evidence: Evidence, front: Front | undefined, start: Signed) {
    this.#publicKey = evidence.publicKey;
    this.#readings = [evidence.own, ...evidence.copies].map((source, index) => ({
      notes: source.notes()[Symbol.asyncIterator](),
      own: index === 0,
      next: undefined,
    }));
    this.#firstKept = front?.checkpoint ?? 1;
    this.signed = start;
  }

  static async open(evidence: Evidence, front: Front | undefined, start: Signed): Promise<Marks> {
    const marks = new Marks(evidence, front, start);
    await marks.#advance(undefined);
    // Of copies that go further back than the trail.
    while (marks.#current && marks.#current.head.seq <= start.head.seq) await marks.#advance(marks.#current);
    return marks;
  }

  /** Number of the next line that was signed, 0 for none. */
  get next(): number {
    return this.problem === undefined ? (this.#current?.head.seq ?? 0) : 0;
  }

  /** The line numbered `next`. */
  async reached(head: Head, at: Position): Promise<void> {
    while (this.#current?.head.seq === head.seq && this.problem === undefined) {
      const checkpoint = this.#current;
      if (checkpoint.head.hash !== head.hash) {
        this.problem = `${signedWhat(checkpoint)}, and the trail holds others: its chain was computed anew`;
        return;
      }
      this.signed = { head, at, checkpoint };
      await this.#advance(checkpoint);
    }
  }

  /** Damage was accepted that ends before line `seq`: what was signed about it cannot be compared any more. */
  async skipTo(seq: number): Promise<void> {
    while (this.problem !== undefined || (this.#current && this.#current.head.seq < seq)) {
      this.problem = undefined;
      await this.#advance('skipping');
      // What is wrong with the first one that counts again does count.
      if (this.#current && this.#current.head.seq >= seq) return;
    }
  }

  /** What the end of the trail, `last`, leaves unexplained. */
  missingAfter(last: Head): string | undefined {
    if (this.problem !== undefined || !this.#current) return this.problem;
    return `${signedWhat(this.#current)}, but the trail ends with entry ${last.seq}`;
  }

  async close(): Promise<void> {
    for (const { notes } of this.#readings) await notes.return?.();
  }

  /** Goes to the next checkpoint, which is to follow `previous`. */
  async #advance(previous: Checkpoint | 'skipping' | undefined): Promise<void> {
    this.#current = undefined;
    for (const reading of this.#readings) if (!reading.next && !(await this.#read(reading))) return;
    const number = Math.min(...this.#readings.map(({ next }) => next?.checkpoint.number ?? Infinity));
    if (number === Infinity) return;

    const same = this.#readings.filter(({ next }) => next?.checkpoint.number === number);
    const [first] = same;
    const checkpoint = first?.next?.checkpoint;
    const forked = same.find(({ next }) => next?.note.text !== first?.next?.note.text);
    const inOwn = first?.own === true;
    const ownMayHaveIt = this.#ownSeen || this.#readings.some(({ own, next }) => own && next);
    this.#ownSeen ||= inOwn;
    for (const reading of same) reading.next = undefined;
    this.#current = checkpoint;
    if (forked) {
      this.problem = `there are two different checkpoints ${number}`;
    } else if (ownMayHaveIt && !inOwn && number >= this.#firstKept) {
      this.problem = `checkpoint ${number} is in a copy, but no longer beside the trail`;
    } else if (previous !== 'skipping' && checkpoint) {
      this.problem = this.#outOfOrder(previous, checkpoint);
    }
  }

  #outOfOrder(previous: Checkpoint | undefined, { number, head }: Checkpoint): string | undefined {
    const expected = previous ? previous.number + 1 : Math.min(this.#firstKept, number);
    if (number < expected) return `checkpoint ${number} stands here once more`;
    if (number > expected) {
      const many = expected < number - 1;
      return `checkpoint${many ? 's' : ''} ${expected}${many ? ` to ${number - 1}` : ''} ${many ? 'are' : 'is'} missing`;
    }
    if (previous && head.seq < previous.head.seq)
      return `checkpoint ${number} goes back behind the one before`;
    return undefined;
  }

  /** False where the note is none that this key signed. */
  async #read(reading: Reading): Promise<boolean> {
    const { value: note, done } = await reading.notes.next();
    if (done) return true;
    const checkpoint = this.#publicKey.open(note.text);
    if (checkpoint) {
      reading.next = { note, checkpoint };
      return true;
    }
    this.problem = `${basename(note.file)}: the note that ends at byte ${note.end} is not one that this key signed`;
    return false;
  }
}

function signedWhat({ number, head, time }: Checkpoint): string {
  return `checkpoint ${number} signed the entries up to ${head.seq} at ${new Date(time).toISOString()}`;
}
