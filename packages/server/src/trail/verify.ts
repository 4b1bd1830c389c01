import { acceptedBreaks, type Break } from './breaks.ts';
import { EMPTY, type Head } from './chain.ts';
import { checkSegment, type Flaw, type SegmentReport } from './check-segment.ts';
import type { Front } from './checkpoints/checkpoint.ts';
import { type Evidence, Marks, type Signed, signedFront } from './checkpoints/marks.ts';
import { notesAt, singleNote } from './checkpoints/notes.ts';
import type { TrailPublicKey } from './checkpoints/public-key.ts';
import { digestFrom } from './digest.ts';
import type { AcceptedBreak } from './line.ts';
import { headerOfSegment, listSegments, segmentName } from './segments.ts';

export type Verdict =
  | {
      readonly ok: true;
      readonly segments: number;
      /** Lines, headers included, and their bytes. */
      readonly lines: number;
      readonly bytes: number;
      readonly head: Head;
      /** After the last line: a write that a crash cut short, never acknowledged. */
      readonly tornBytes: number;
      /** Damage that an operator accepted: the trail is whole but for these. */
      readonly breaks: readonly AcceptedBreak[];
      /** Whether the end was compared with a head remembered elsewhere. */
      readonly anchored: boolean;
      /** Up to where checkpoints sign the trail; undefined where no proof was asked for. */
      readonly signed: Signed | undefined;
      /** Where retention let the trail begin. */
      readonly front: Front | undefined;
    }
  | ({ readonly ok: false; readonly signed: Signed | undefined } & Flaw);

/** What checkpoints to hold the trail against, besides its own. */
export interface Proof {
  readonly publicKey: TrailPublicKey;
  /** Files of checkpoints kept elsewhere, or directories of them. */
  readonly copies?: readonly string[];
  /** The last one, as the database remembers it. */
  readonly remembered?: string | undefined;
}

interface Options {
  readonly anchor?: Head | undefined;
  readonly proof?: Proof | undefined;
  readonly onProgress?: (segments: number, bytes: number) => void;
}

/**
 * Reads the whole trail in constant memory and finds its first flaw. Without `anchor` and `proof`, lines missing
 * at the very end cannot be told from lines never written, nor a trail written anew from the true one.
 * `onProgress` is called after each segment with the number of segments and bytes read.
 */
export async function verifyTrail(directory: string, options: Options = {}): Promise<Verdict> {
  for (;;) {
    // Retention may remove the oldest segments meanwhile: what was found then says nothing.
    const [first] = await listSegments(directory);
    const moved = async (): Promise<boolean> => (await listSegments(directory))[0] !== first;
    try {
      const verdict = await verifyOnce(directory, options);
      if (verdict.ok || !(await moved())) return verdict;
    } catch (error) {
      if (!(await moved())) throw error;
    }
  }
}

async function verifyOnce(directory: string, options: Options): Promise<Verdict> {
  const anchor = options.anchor?.seq ? options.anchor : undefined;
  // Before the segments: of a running server both go on, and the trail must not lie behind.
  const evidence = options.proof && (await evidenceOf(directory, options.proof));
  const front = evidence && (await signedFront(evidence));
  const segments = await listSegments(directory);
  const present = new Set(segments);
  const last = segments.at(-1) ?? 0;
  const accepted = await acceptedBreaks(directory, segments);
  const start = await startOf(directory, present, front);

  let head = start.before;
  let time = 0;
  const begin = { head, at: { segment: start.segment, offset: 0 }, checkpoint: undefined };
  const marks = evidence && (await Marks.open(evidence, front, begin));
  let previous = NOTHING;
  let lines = 0;
  let bytes = 0;
  let count = 0;
  let watched: string | undefined;
  let skipped = false;
  let lastBreak: Flaw | undefined;
  const breaks: AcceptedBreak[] = [];
  const damaged = (flaw: Flaw): Verdict => ({ ok: false, signed: marks?.signed, ...flaw });

  try {
    for (let segment = start.segment; segment <= last; segment++) {
      const damage = accepted.get(segment);
      let report: SegmentReport | undefined;
      if (present.has(segment)) {
        const size = damage?.accepted.offset;
        report = await checkSegment(directory, segment, {
          before: head,
          time,
          watch: anchor?.seq,
          marks,
          size,
        });
      }
      if (marks?.problem !== undefined && !(damage && beginsAt(damage, marks.signed))) {
        return damaged(unsigned(marks.signed, marks.problem));
      }
      const flaw = report
        ? (tornWithoutCrash(previous, report, { head, time }) ?? report.flaw)
        : !damage && flawAt('removed', { segment, offset: 0 }, { head, time }, 'the file is missing');
      if (flaw) return damaged(flaw);

      if (report) {
        ({ head, time } = report);
        lines += report.lines;
        bytes += report.validBytes;
        watched ??= report.watched;
      }
      if (damage) {
        const flaw = await changedSince(directory, damage, { head, time }, report?.validBytes ?? 0);
        if (flaw) return damaged(flaw);
        previous = NOTHING;
        await marks?.skipTo(damage.seq);
        segment = damage.until - 1;
        continue;
      }
      if (!report) continue;
      if (report.header?.accepted) {
        breaks.push(report.header.accepted);
        const seq = head.seq - report.lines + 1;
        skipped ||= anchor !== undefined && anchor.seq > report.before.seq && anchor.seq < seq;
        const message = 'damage was accepted here, and no checkpoint was signed since';
        const before = { seq: seq - 1, hash: report.before.hash };
        lastBreak = flawAt(
          'inserted',
          { segment, offset: 0 },
          { head: before, time: report.startedAt },
          message,
        );
      }
      previous = { segment, offset: report.validBytes, tornBytes: report.tornBytes };
      count++;
      options.onProgress?.(count, bytes);
    }

    const end = { head, time };
    if (marks?.problem !== undefined) return damaged(unsigned(marks.signed, marks.problem));
    if (anchor && !skipped && watched !== anchor.hash) {
      const missing = `entry ${anchor.seq} had been written, but the trail ends here`;
      const rewritten = `entry ${anchor.seq} is not the one that was remembered: the trail was written anew`;
      return damaged(
        anchor.seq > head.seq
          ? flawAt('truncated', previous, end, missing)
          : flawAt('edited', previous, end, rewritten),
      );
    }
    const missing = marks?.missingAfter(head);
    if (missing !== undefined) return damaged(flawAt('truncated', previous, end, missing));
    const confirmed = Math.max(marks?.signed.head.seq ?? 0, (!skipped && anchor?.seq) || 0);
    if (marks && lastBreak && confirmed < lastBreak.seq) return damaged(lastBreak);
    if (marks && !marks.signed.checkpoint && !anchor && lines > 0) {
      return damaged(
        flawAt('unsigned', begin.at, { ...begin, time: 0 }, 'no checkpoint is there, so nothing is signed'),
      );
    }
  } finally {
    await marks?.close();
  }
  const { tornBytes } = previous;
  const anchored = anchor !== undefined;
  const signed = marks?.signed;
  return { ok: true, segments: count, lines, bytes, head, tornBytes, breaks, anchored, signed, front };
}

const NOTHING = { segment: 0, offset: 0, tornBytes: 0 };

async function evidenceOf(
  directory: string,
  { publicKey, copies = [], remembered }: Proof,
): Promise<Evidence> {
  // Copies before the trail's own: what they have, it has.
  const others = remembered === undefined ? [] : [singleNote(remembered, 'the database')];
  for (const path of copies) others.push(await notesAt(path));
  return { publicKey, own: await notesAt(directory), copies: others };
}

/**
 * The first segment to look at, and the line before. Segments before the front are looked at where they are
 * there without gaps, as in an archive: the chain leads from them to a checkpoint.
 */
async function startOf(
  directory: string,
  present: ReadonlySet<number>,
  front: Front | undefined,
): Promise<{ readonly segment: number; readonly before: Head }> {
  if (!front) return { segment: 1, before: EMPTY };
  let segment = front.segment;
  while (present.has(segment - 1)) segment--;
  if (segment === 1) return { segment, before: EMPTY };
  if (segment === front.segment) return { segment, before: front.before };
  const line = await headerOfSegment(directory, segment);
  return { segment, before: line ? { seq: line.seq - 1, hash: line.header.previous } : EMPTY };
}

const beginsAt = ({ accepted }: Break, { at }: Signed): boolean =>
  accepted.segment === at.segment && accepted.offset === at.offset;

async function changedSince(
  directory: string,
  { accepted, until }: Break,
  before: Before,
  validBytes: number,
): Promise<Flaw | undefined> {
  if (validBytes === accepted.offset && (await digestFrom(directory, accepted, until)) === accepted.digest) {
    return undefined;
  }
  const at = { segment: accepted.segment, offset: validBytes };
  return flawAt('edited', at, before, `what was accepted as damaged in segment ${until} has changed since`);
}

/** A cut line is explained by the header after it; one whose header was cut as well explains nothing, and may. */
function tornWithoutCrash(previous: typeof NOTHING, report: SegmentReport, before: Before): Flaw | undefined {
  if (previous.tornBytes === 0 || !report.header || report.header.validBytes === previous.offset)
    return undefined;
  if (report.header.accepted) return undefined;
  return flawAt('torn', previous, before, `the last line is cut short after byte ${previous.offset}`);
}

function unsigned({ head, at, checkpoint }: Signed, what: string): Flaw {
  return flawAt('unsigned', at, { head, time: checkpoint?.time ?? 0 }, what);
}

/** The last line before a flaw, and its time. */
interface Before {
  readonly head: Head;
  readonly time: number;
}

function flawAt(
  kind: Flaw['kind'],
  at: { readonly segment: number; readonly offset: number },
  { head, time }: Before,
  what: string,
): Flaw {
  const file = segmentName(at.segment);
  return {
    file,
    line: 0,
    seq: head.seq + 1,
    kind,
    message: `${file} (after entry ${head.seq}): ${what}`,
    at: { segment: at.segment, offset: at.offset },
    before: head,
    time,
  };
}
