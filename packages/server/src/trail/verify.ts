import { EMPTY, type Head } from './chain.ts';
import { checkSegment, type Flaw, type SegmentReport } from './check-segment.ts';
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
    }
  | ({ readonly ok: false } & Flaw);

/**
 * Reads the whole trail in constant memory and finds its first flaw. Without `anchor`, lines missing at the
 * very end cannot be told from lines never written, nor a trail written anew from the start from the true one.
 * `onProgress` is called after each segment with the number of segments and bytes read.
 */
export async function verifyTrail(
  directory: string,
  options: {
    readonly anchor?: Head | undefined;
    readonly onProgress?: (segments: number, bytes: number) => void;
  } = {},
): Promise<Verdict> {
  const anchor = options.anchor?.seq ? options.anchor : undefined;
  const segments = await listSegments(directory);
  const last = segments.at(-1) ?? 0;
  const accepted = await acceptedBreaks(directory, segments);

  let head = EMPTY;
  let previous: { segment: number; validBytes: number; tornBytes: number } = NOTHING;
  let lines = 0;
  let bytes = 0;
  let count = 0;
  let watched: string | undefined;
  let skipped = false;
  const breaks: AcceptedBreak[] = [];

  for (let segment = 1; segment <= last; segment++) {
    let flaw: Flaw | undefined;
    let report: SegmentReport | undefined;
    if (segments.includes(segment)) {
      report = await checkSegment(directory, segment, { before: head, watch: anchor?.seq });
      flaw = tornWithoutCrash(previous, report, head) ?? report.flaw;
    } else {
      flaw = flawAt('removed', { segment, validBytes: 0 }, head, 'the file is missing');
    }
    if (flaw) {
      // Lines before the flaw are right, and count.
      if (report && flaw === report.flaw) lines += report.lines;
      const at = accepted.get(positionName(flaw.at));
      if (!at) return { ok: false, ...flaw };
      if ((await digestFrom(directory, flaw.at, at.segment)) !== at.accepted.digest) {
        const message = `what was accepted as damaged in segment ${at.segment} has changed since`;
        return { ok: false, ...flaw, message: `${flaw.message}; ${message}` };
      }
      head = flaw.before;
      watched ??= report?.watched;
      previous = NOTHING;
      segment = at.segment - 1;
      continue;
    }
    if (!report) continue;
    if (report.header?.accepted) {
      breaks.push(report.header.accepted);
      skipped ||=
        anchor !== undefined && anchor.seq > head.seq && anchor.seq < report.head.seq - report.lines + 1;
    }
    head = report.head;
    watched ??= report.watched;
    lines += report.lines;
    bytes += report.validBytes;
    previous = { segment, validBytes: report.validBytes, tornBytes: report.tornBytes };
    count++;
    options.onProgress?.(count, bytes);
  }

  if (anchor && !skipped && watched !== anchor.hash) {
    const missing = `entry ${anchor.seq} had been written, but the trail ends here`;
    const rewritten = `entry ${anchor.seq} is not the one that was remembered: the trail was written anew`;
    const [kind, what] =
      anchor.seq > head.seq ? (['truncated', missing] as const) : (['edited', rewritten] as const);
    return { ok: false, ...flawAt(kind, previous, head, what) };
  }
  const { tornBytes } = previous;
  return { ok: true, segments: count, lines, bytes, head, tornBytes, breaks, anchored: anchor !== undefined };
}

const NOTHING = { segment: 0, validBytes: 0, tornBytes: 0 };

const positionName = (at: { readonly segment: number; readonly offset: number }): string =>
  `${at.segment}:${at.offset}`;

/** By the position where the accepted damage begins; the newest acceptance of a position counts. */
async function acceptedBreaks(
  directory: string,
  segments: readonly number[],
): Promise<Map<string, { readonly segment: number; readonly accepted: AcceptedBreak }>> {
  const found = new Map<string, { segment: number; accepted: AcceptedBreak }>();
  for (const segment of segments) {
    const accepted = (await headerOfSegment(directory, segment))?.header.accepted;
    if (accepted && accepted.segment <= segment) found.set(positionName(accepted), { segment, accepted });
  }
  return found;
}

/** A cut line is explained by the header after it; one whose header was cut as well explains nothing, and may. */
function tornWithoutCrash(previous: typeof NOTHING, report: SegmentReport, head: Head): Flaw | undefined {
  if (previous.tornBytes === 0 || !report.header || report.header.validBytes === previous.validBytes)
    return undefined;
  if (report.header.accepted) return undefined;
  return flawAt('torn', previous, head, `the last line is cut short after byte ${previous.validBytes}`);
}

function flawAt(
  kind: Flaw['kind'],
  where: { readonly segment: number; readonly validBytes: number },
  before: Head,
  what: string,
): Flaw {
  const file = segmentName(where.segment);
  return {
    file,
    line: 0,
    seq: before.seq + 1,
    kind,
    message: `${file} (after entry ${before.seq}): ${what}`,
    at: { segment: where.segment, offset: where.validBytes },
    before,
  };
}
