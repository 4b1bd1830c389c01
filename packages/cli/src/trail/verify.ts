import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import { readAnchor } from '@keyhold/server/trail/anchor.ts';
import { type Verdict, verifyTrail } from '@keyhold/server/trail/verify.ts';
import { dataDir, shown } from '../data-dir.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { withSettings } from './with-settings.ts';

/**
 * Verifies the trail of the data directory, its end against what the database remembers, or a copy of a trail
 * elsewhere, for which nothing is remembered. The server may be running.
 */
export async function verifyCommand(directory: string | undefined): Promise<void> {
  const trail = directory === undefined ? dataPaths(dataDir()).trail : resolve(directory);
  if (!existsSync(trail)) throw new UsageError(`there is no trail in ${shown(trail)}`);
  // Read before the trail: of a running server both go on, and the trail must not lie behind.
  const anchor = directory === undefined ? await withSettings(dataDir(), readAnchor) : undefined;
  const verdict = await verifyTrail(trail, { anchor, onProgress: progress });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (verdict.ok && verdict.segments === 0) throw new UsageError(`there is no trail in ${shown(trail)}`);
  process.stdout.write(report(trail, verdict));
  if (!verdict.ok) process.exitCode = EXIT.refused;
}

function progress(segments: number, bytes: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\rverified ${segments} files, ${megabytes(bytes)}`);
}

function report(trail: string, verdict: Verdict): string {
  if (!verdict.ok) {
    return (
      `The trail in ${shown(trail)} is DAMAGED (${verdict.kind}).\n` +
      `  ${verdict.message}\n` +
      `  Entries up to number ${verdict.before.seq} are as they were written; nothing after is certain.\n` +
      '  try: restore the file from a backup, or go on with keyhold trail accept-break --reason ...\n'
    );
  }
  const { lines, segments, bytes, head, breaks } = verdict;
  const notes = [
    verdict.anchored
      ? 'Its end agrees with what the database remembers.'
      : 'Its end was compared with nothing: lines missing there would not show.',
    ...breaks.map(({ after, reason }) => `Accepted damage after entry ${after}: ${reason}`),
    ...(verdict.tornBytes > 0 ? [`${verdict.tornBytes} bytes of an unfinished write stand at the end.`] : []),
  ];
  return (
    `The trail in ${shown(trail)} is whole${breaks.length > 0 ? ' but for the accepted damage' : ''}: ${lines} lines in ${segments} files, ${megabytes(bytes)}.\n` +
    `  Last: number ${head.seq}, ${head.hash}\n${notes.map((note) => `  ${note}\n`).join('')}`
  );
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 3 : 0)} MB`;
