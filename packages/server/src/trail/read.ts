import { NEWLINE, PREFIX_BYTES } from './chain.ts';
import type { Entry } from './entry.ts';
import { LineDecoder } from './line.ts';
import { chunksOf, headerOfSegment, listSegments, segmentPath } from './segments.ts';

/**
 * The entries whose time is `since` (ms) or later, in the order they were written; all of them by default.
 * Checks nothing (`verifyTrail` does): lines that cannot be read are left out.
 */
export async function* readTrail(
  directory: string,
  options: { readonly since?: number } = {},
): AsyncGenerator<Entry, void, undefined> {
  const since = options.since ?? 0;
  for (const segment of await segmentsSince(directory, since)) {
    try {
      for await (const entry of entriesOf(segmentPath(directory, segment))) {
        if (entry.time >= since) yield entry;
      }
    } catch (error) {
      ignoreRemoved(error);
    }
  }
}

async function* entriesOf(path: string): AsyncGenerator<Entry, void, undefined> {
  const decoder = new LineDecoder();
  for await (const { bytes } of chunksOf(path)) {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      const entry = decoder.entry(bytes.toString('utf8', start + PREFIX_BYTES, end));
      if (entry) yield entry;
      start = end + 1;
    }
  }
}

/** Retention may remove the oldest segments while others are read. */
function ignoreRemoved(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

/** How far a clock may have been set back without hiding an entry. */
const CLOCK_STEP_MS = 30 * 60_000;

/**
 * A header is younger than every entry of the segments before it, but for a clock that was set back: those
 * before one that is old enough can be skipped.
 */
export async function segmentsSince(directory: string, since: number): Promise<number[]> {
  const segments = await listSegments(directory);
  for (let i = segments.length - 1; i > 0; i--) {
    const header = await headerOfSegment(directory, segments[i] ?? 0).catch(ignoreRemoved);
    if (header && header.time < since - CLOCK_STEP_MS) return segments.slice(i);
  }
  return segments;
}
