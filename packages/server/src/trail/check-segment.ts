import { follows, type Head, NEWLINE, PREFIX_BYTES, stated, statedHash } from './chain.ts';
import type { Marks, Position } from './checkpoints/marks.ts';
import { type Header, LineDecoder } from './line.ts';
import { chunksOf, segmentName, segmentPath } from './segments.ts';

/**
 * `edited`: a line is not what was written. `removed`, `inserted`, `reordered`: a line is missing, there twice,
 * or elsewhere. `truncated`: the end of a file or of the trail is missing. `torn`: a line ends in the middle,
 * and no crash explains it. `unsigned`: lines follow one another, but are not those that were signed, or a
 * checkpoint is missing or not right.
 */
export type FlawKind = 'edited' | 'removed' | 'inserted' | 'reordered' | 'truncated' | 'torn' | 'unsigned';

export interface Flaw {
  readonly file: string;
  /** From 1, in that file. */
  readonly line: number;
  /** The number the line should have had. */
  readonly seq: number;
  readonly kind: FlawKind;
  /** A sentence that names file and line. */
  readonly message: string;
  /** Where the damage begins, and the last line before it. */
  readonly at: Position;
  readonly before: Head;
  /** Of that line, 0 where there is none: what is damaged was written then or later. */
  readonly time: number;
}

export interface SegmentReport {
  readonly header: Header | undefined;
  /** The line before the first: what was given, else what the header says. */
  readonly before: Head;
  readonly head: Head;
  readonly lines: number;
  /** Times of the header, of the last line, and the latest of all; 0 for none. */
  readonly startedAt: number;
  readonly time: number;
  readonly newest: number;
  /** Bytes of whole, right lines, and bytes after them that are cut short. */
  readonly validBytes: number;
  readonly tornBytes: number;
  /** The hash of the line numbered `watch`. */
  readonly watched: string | undefined;
  readonly flaw: Flaw | undefined;
}

/**
 * Reads a segment up to its first flaw. Each line must follow the one before; the first follows `before`, or,
 * where that is not given, whatever the header names. After a break the header's number may be any.
 */
export async function checkSegment(
  directory: string,
  segment: number,
  options: {
    readonly before?: Head | undefined;
    /** Time of the line before. */
    readonly time?: number;
    readonly watch?: number | undefined;
    readonly marks?: Marks | undefined;
    /** How many bytes of the file to look at. */
    readonly size?: number | undefined;
  } = {},
): Promise<SegmentReport> {
  const file = segmentName(segment);
  const path = segmentPath(directory, segment);
  let header: Header | undefined;
  let before = options.before;
  let head = before ?? { seq: 0, hash: '' };
  let lines = 0;
  let validBytes = 0;
  let tornBytes = 0;
  let watched: string | undefined;
  let startedAt = 0;
  let time = options.time ?? 0;
  let newest = 0;
  const { marks } = options;

  const report = (flaw?: Pick<Flaw, 'kind' | 'message'>): SegmentReport => ({
    header,
    before: before ?? head,
    head,
    lines,
    startedAt,
    time,
    newest,
    validBytes,
    tornBytes,
    watched,
    flaw: flaw && {
      file,
      line: lines + 1,
      seq: head.seq + 1,
      kind: flaw.kind,
      message: `${file}, line ${lines + 1} (entry ${head.seq + 1}): ${flaw.message}`,
      at: { segment, offset: validBytes },
      before: head,
      time,
    },
  });

  for await (const { bytes } of chunksOf(path, options.size)) {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      const line = stated(bytes, start, end);
      const { seq } = line;
      if (lines === 0) {
        header = headerOf(bytes.subarray(start + PREFIX_BYTES, end), segment);
        if (!header) return report({ kind: 'edited', message: 'this is not the header of the segment' });
        before ??= { seq: seq - 1, hash: header.previous };
        startedAt = line.time;
        head = header.accepted ? { seq: Math.max(before.seq, seq - 1), hash: before.hash } : before;
      }
      const hash = statedHash(bytes, start, end);
      if (!follows(bytes, start, end, head.hash) || seq !== head.seq + 1) {
        const later = seq > head.seq + 1 && (await standsIn(path, head.seq + 1));
        return report(explain(seq, head.seq + 1, lines === 0, later));
      }
      head = { seq, hash };
      if (seq === options.watch) watched = hash;
      time = line.time;
      newest = Math.max(newest, time);
      lines++;
      validBytes += end + 1 - start;
      if (seq === marks?.next) await marks.reached(head, { segment, offset: validBytes });
      start = end + 1;
    }
    tornBytes = bytes.length - start;
  }
  return report();
}

function headerOf(json: Buffer, segment: number): Header | undefined {
  const line = new LineDecoder().header(json.toString());
  return line?.header.segment === segment ? line.header : undefined;
}

function explain(
  seq: number,
  expected: number,
  first: boolean,
  later: boolean,
): { readonly kind: FlawKind; readonly message: string } {
  if (seq > expected && first) {
    const message = `the segment before lost entries ${expected} to ${seq - 1} at its end`;
    return { kind: 'truncated', message };
  }
  if (seq > expected && later) return { kind: 'reordered', message: `entry ${seq} stands here, too early` };
  if (seq > expected)
    return { kind: 'removed', message: `entry ${seq} stands here, what came before is gone` };
  if (seq > 0 && seq < expected) return { kind: 'inserted', message: `entry ${seq} stands here once more` };
  return { kind: 'edited', message: 'the line was changed after it was written' };
}

async function standsIn(path: string, seq: number): Promise<boolean> {
  const text = ` {"n":${seq},`;
  for await (const { bytes } of chunksOf(path)) if (bytes.includes(text)) return true;
  return false;
}
