import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { syncDirectory } from '../files/sync-directory.ts';
import { Batch } from './batch.ts';
import type { Head } from './chain.ts';
import { digestFrom } from './digest.ts';
import { LineEncoder } from './line.ts';
import { SEGMENT_BYTES } from './segmented-trail.ts';
import { listSegments, segmentPath } from './segments.ts';
import { type Proof, verifyTrail } from './verify.ts';

/** No line is shorter: hash, number, time and the names around them. */
const SHORTEST_LINE = 100;

/**
 * Records that the trail is damaged, and that the operator goes on nevertheless, in a segment of its own; the
 * damaged bytes stay, pinned by a digest. Numbers go on above any that may be lost. Returns the new head, to be
 * remembered as the anchor. Throws where the trail is not damaged. The server must not be running.
 */
export async function acceptBreak(
  directory: string,
  reason: string,
  options: {
    readonly anchor?: Head | undefined;
    readonly proof?: Proof | undefined;
    /** Number of the last entry that a checkpoint signed. */
    readonly signed?: number | undefined;
    readonly clock?: () => number;
  } = {},
): Promise<Head> {
  const verdict = await verifyTrail(directory, { anchor: options.anchor, proof: options.proof });
  if (verdict.ok) throw new Error(`${directory}: the trail is whole, there is no break to accept`);
  const { at, before } = verdict;

  const segments = await listSegments(directory);
  const segment = (segments.at(-1) ?? 0) + 1;
  const digest = await digestFrom(directory, at, segment);
  const lost = await mostLines(directory, at.segment, segment, segments);
  const known = Math.max(options.anchor?.seq ?? 0, options.signed ?? 0);
  const head = { seq: Math.max(before.seq + lost, known), hash: before.hash };

  const time = (options.clock ?? Date.now)();
  const accepted = { ...at, after: before.seq, digest, reason };
  const header = { format: 1, segment, previous: before.hash, accepted } as const;
  const batch = new Batch(head, new LineEncoder(), { header, time });
  batch.add({
    kind: 'break',
    time,
    requestId: crypto.randomUUID().toUpperCase(),
    version: '2016-01-20',
    action: 'AcceptBreak',
    region: '',
    caller: { accountId: '', type: 'service', principalId: 'keyhold', accessKeyId: '' },
    sourceIp: '',
    userAgent: '',
    tls: false,
    parameters: { Reason: reason, Damage: verdict.message },
    resources: [],
    reasons: [],
  });

  const { O_WRONLY, O_CREAT, O_EXCL, O_DSYNC } = constants;
  await using file = await open(
    segmentPath(directory, segment),
    O_WRONLY | O_CREAT | O_EXCL | O_DSYNC,
    0o600,
  );
  await file.writeFile(batch.bytes);
  await syncDirectory(directory);
  return batch.head;
}

/** How many lines the segments from `from` to before `until` can have held, those that are missing included. */
async function mostLines(
  directory: string,
  from: number,
  until: number,
  present: readonly number[],
): Promise<number> {
  let bytes = 0;
  for (let segment = Math.max(from, 1); segment < until; segment++) {
    const size = present.includes(segment) ? (await stat(segmentPath(directory, segment))).size : 0;
    bytes += Math.max(size, SEGMENT_BYTES);
  }
  return Math.ceil(bytes / SHORTEST_LINE);
}
