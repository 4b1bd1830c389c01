import { existsSync } from 'node:fs';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import type { Entry } from '@keyhold/server/trail/entry.ts';
import { readTrail } from '@keyhold/server/trail/read.ts';
import { headerOfSegment, listSegments } from '@keyhold/server/trail/segments.ts';
import { dataDir, shown } from '../data-dir.ts';
import { UsageError } from '../exit-codes.ts';
import { visible } from '../visible.ts';

const MAX_ENTRIES = 100_000;

/** Prints the newest entries, oldest first. They are not verified. */
export async function showCommand(options: { last: string; json?: true }): Promise<void> {
  const count = Number(options.last);
  if (!Number.isInteger(count) || count < 1 || count > MAX_ENTRIES) {
    throw new UsageError(`--last: a number from 1 to ${MAX_ENTRIES} is expected`);
  }
  const { trail } = dataPaths(dataDir());
  if (!existsSync(trail)) throw new UsageError(`there is no trail in ${shown(trail)}; set KEYHOLD_DATA_DIR`);
  const entries = await newest(trail, count);
  const lines = options.json ? entries.map((entry) => visible(JSON.stringify(entry))) : table(entries);
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/** A file of the trail holds many entries: usually the last one, or the last two, are read. */
async function newest(trail: string, count: number): Promise<readonly Entry[]> {
  for (const segment of (await listSegments(trail)).reverse()) {
    const since = (await headerOfSegment(trail, segment))?.time ?? 0;
    const entries = await lastOf(count, readTrail(trail, { since }));
    if (entries.length === count) return entries;
  }
  return lastOf(count, readTrail(trail));
}

async function lastOf<T>(count: number, all: AsyncIterable<T>): Promise<readonly T[]> {
  const kept: T[] = [];
  for await (const each of all) {
    if (kept.push(each) >= 2 * count) kept.splice(0, count);
  }
  return kept.slice(-count);
}

function table(entries: readonly Entry[]): readonly string[] {
  const rows = entries.map((entry) =>
    [
      new Date(entry.time).toISOString(),
      entry.action,
      entry.kind === 'intent' ? 'intent' : (entry.errorCode ?? 'ok'),
      entry.caller.accessKeyId || entry.caller.principalId,
      entry.requestId,
      entry.resources.map((arn) => arn.split(':').slice(4).join(':')).join(' '),
    ].map((cell) => visible(cell).replaceAll('\n', '\\n')),
  );
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
