import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from '../files/sync-directory.ts';
import { EMPTY, type Head } from './chain.ts';
import { checkSegment, type SegmentReport } from './check-segment.ts';
import type { Front } from './checkpoints/checkpoint.ts';
import { SEGMENT_BYTES, SegmentedTrail, type TrailEnd } from './segmented-trail.ts';
import { headerOfSegment, listSegments, segmentName, segmentPath } from './segments.ts';

/** The trail on disk is not the one that was written. Nothing was changed. */
export class TrailDamaged extends Error {
  override readonly name = 'TrailDamaged';

  constructor(what: string) {
    super(
      `${what}. Nothing was changed. Run "keyhold trail verify", then restore the trail from a backup ` +
        'or record the loss with "keyhold trail accept-break".',
    );
  }
}

/**
 * Opens the trail in `directory`, which is made where it is missing. Only its end is read: the last segment, the
 * one before, and further back only as far as the anchor lies; the rest is for `verifyTrail`. A line cut short
 * by a crash is left where it is. Throws TrailDamaged where the end is not as it was written, or lies before
 * `anchor`, the head remembered elsewhere.
 */
export async function openTrail(
  directory: string,
  options: {
    readonly anchor?: Head | undefined;
    /** Where retention let the trail begin. */
    readonly front?: Front | undefined;
    readonly clock?: () => number;
    /** When to begin another segment. */
    readonly segmentBytes?: number;
  } = {},
): Promise<SegmentedTrail> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await syncDirectory(dirname(directory));
  const end = await findEnd(
    directory,
    options.anchor ?? EMPTY,
    options.front ?? { segment: 1, before: EMPTY },
  );
  return new SegmentedTrail(directory, end, options.clock ?? Date.now, options.segmentBytes ?? SEGMENT_BYTES);
}

async function findEnd(
  directory: string,
  anchor: Head,
  front: Pick<Front, 'segment' | 'before'>,
): Promise<TrailEnd> {
  // What lies before is left over from a removal that was cut off.
  const segments = (await listSegments(directory)).filter((segment) => segment >= front.segment);
  await refuseGaps(directory, segments, front.segment);

  let end: TrailEnd = { head: EMPTY, segment: 0, length: 0, torn: false, startedAt: 0 };
  let newer: SegmentReport | undefined;
  for (const segment of segments.reverse()) {
    const report = await checkSegment(directory, segment, { watch: anchor.seq });
    if (report.flaw) throw new TrailDamaged(`${directory}: ${report.flaw.message}`);
    if (end.segment === 0) {
      // A segment without a single line was being begun when the crash came: nothing is added to it either.
      const torn = report.tornBytes > 0 || report.lines === 0;
      end = { head: report.head, segment, length: report.validBytes, torn, startedAt: report.startedAt };
    }
    if (report.lines === 0) continue;
    if (newer) refuseBrokenLink(directory, segment, report, newer.before);
    else end = { ...end, head: report.head };
    if (segment === front.segment && !report.header?.accepted)
      refuseBrokenLink(directory, segment - 1, { head: front.before }, report.before);

    const reached = report.before.seq < anchor.seq;
    if (reached && report.watched !== undefined && report.watched !== anchor.hash) {
      const where = segmentPath(directory, segment);
      throw new TrailDamaged(`${where}: entry ${anchor.seq} is not the one that was remembered`);
    }
    if (report.header?.accepted || (newer && (reached || anchor.seq === 0))) break;
    newer = report;
  }
  if (anchor.seq > end.head.seq) {
    const what = `ends with entry ${end.head.seq}, but entry ${anchor.seq} had been written`;
    throw new TrailDamaged(`${end.segment ? segmentPath(directory, end.segment) : directory} ${what}`);
  }
  return end;
}

function refuseBrokenLink(
  directory: string,
  segment: number,
  { head }: { readonly head: Head },
  before: Head,
): void {
  if (head.hash === before.hash && head.seq === before.seq) return;
  const next = segmentPath(directory, segment + 1);
  throw new TrailDamaged(
    `${next} or a segment before it is not the one that was written: it should follow entry ${head.seq}` +
      `${segment ? ` of ${segmentName(segment)}` : ''}, but line 1 names entry ${before.seq} and another hash`,
  );
}

async function refuseGaps(directory: string, segments: readonly number[], first: number): Promise<void> {
  const missing = segments.findLast(
    (segment, index) => segment > first && segments[index - 1] !== segment - 1,
  );
  if (missing === undefined) return;
  for (const segment of segments.filter((number) => number >= missing)) {
    const header = await headerOfSegment(directory, segment);
    if (header?.header.accepted && header.header.accepted.segment < missing) return;
  }
  throw new TrailDamaged(`${segmentPath(directory, missing - 1)} is missing`);
}
