import type { Head } from '../chain.ts';

/** What the service signs: up to `head`, the trail is this one. docs/trail.md describes the text. */
export interface Checkpoint {
  /** From 1, no gaps. */
  readonly number: number;
  readonly head: Head;
  readonly time: number;
  /** Where the trail begins, once retention has removed its oldest segments. */
  readonly front?: Front;
}

export interface Front {
  /** The first segment that stays, and the last line before it. */
  readonly segment: number;
  readonly before: Head;
  /** The first checkpoint that stays. */
  readonly checkpoint: number;
}

const COUNT = '([1-9]\\d{0,15})';
const HASH = '([0-9a-f]{64})';
const FORM = new RegExp(
  `^([!-~]+)\\n${COUNT}\\n${HASH}\\nnumber ${COUNT}\\ntime (\\d{4}-\\d\\d-\\d\\dT[\\d:.]{12}Z)\\n` +
    `(?:front ${COUNT} ${COUNT} ${HASH} ${COUNT}\\n)?$`,
);

export function checkpointText(origin: string, { number, head, time, front }: Checkpoint): string {
  const begins = front
    ? `front ${front.segment} ${front.before.seq} ${front.before.hash} ${front.checkpoint}\n`
    : '';
  return `${origin}\n${head.seq}\n${head.hash}\nnumber ${number}\ntime ${new Date(time).toISOString()}\n${begins}`;
}

/** Undefined where the text is not one that `checkpointText` writes for that origin. */
export function parseCheckpoint(origin: string, text: string): Checkpoint | undefined {
  const [, named, seq, hash = '', number, time = '', segment, before, beforeHash = '', first] =
    FORM.exec(text) ?? [];
  if (named !== origin) return undefined;
  const front = segment && {
    segment: Number(segment),
    before: { seq: Number(before), hash: beforeHash },
    checkpoint: Number(first),
  };
  const checkpoint = {
    number: Number(number),
    head: { seq: Number(seq), hash },
    time: Date.parse(time),
    ...(front && { front }),
  };
  return Number.isNaN(checkpoint.time) ? undefined : checkpoint;
}
