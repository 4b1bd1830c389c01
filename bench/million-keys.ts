import { join } from 'node:path';
import { collectBlobs } from './blobs.ts';
import { type Case, type Measured, measureMatrix, type Pace } from './matrix.ts';
import { usageOf } from './processes.ts';
import { loadTable, RATIO_HEADER, ratioRow } from './report.ts';
import type { Spread } from './requests.ts';
import { freshDataDir } from './seed.ts';
import { type Running, startKeyhold } from './servers.ts';
import { megabytes, table } from './table.ts';

const MANY = 1_000_000;
/** Many more than keys that the server keeps open, so that Decrypt too asks for keys it has to read. */
const BLOBS = 200_000;
const CONNECTIONS = 64;
const SPREADS: readonly Spread[] = ['uniform', 'zipf'];

/** A million keys beside a thousand: start-up, memory, and throughput when any key may be asked for. */
export async function measureMillionKeys(folder: string, pace: Pace) {
  const few = await freshDataDir(folder, 1000);
  const many = await freshDataDir(folder, MANY);
  const fewServer = await startKeyhold(few.dataDir);
  const manyServer = await startKeyhold(many.dataDir);
  try {
    const startSeconds = { few: fewServer.startSeconds, many: manyServer.startSeconds };
    const rssAtStart = { few: rss(fewServer), many: rss(manyServer) };
    const cases = [
      ...(await loads('1,000 keys', fewServer, few.keys, 'uniform', folder)),
      ...(await loads('1,000,000 keys', manyServer, many.keys, SPREADS[0] ?? 'uniform', folder)),
      ...(await loads('1,000,000 keys', manyServer, many.keys, SPREADS[1] ?? 'zipf', folder)),
    ];
    const measured = await measureMatrix(cases, pace);
    const rssAtEnd = { few: rss(fewServer), many: rss(manyServer) };

    console.log(loadTable(measured));
    console.log(`\n${toThousand(measured)}`);
    console.log(
      `\nstart-up: ${startSeconds.few.toFixed(2)} s with 1,000 keys, ${startSeconds.many.toFixed(2)} s with 1,000,000`,
    );
    console.log(`RSS at start: ${megabytes(rssAtStart.few)} MB and ${megabytes(rssAtStart.many)} MB`);
    console.log(`RSS at the end: ${megabytes(rssAtEnd.few)} MB and ${megabytes(rssAtEnd.many)} MB\n`);
    return { startSeconds, rssAtStart, rssAtEnd, measured };
  } finally {
    await Promise.all([fewServer.stop(), manyServer.stop()]);
  }
}

const rss = (server: Running): number => usageOf(server.pid).rssBytes;

async function loads(
  size: string,
  server: Running,
  keys: string,
  spread: Spread,
  folder: string,
): Promise<readonly Case[]> {
  const blobs = await collectBlobs(server, keys, spread, BLOBS, join(folder, `${size} ${spread}.blobs`));
  const connections = CONNECTIONS;
  return [
    {
      name: `GenerateDataKey, ${size}, ${spread}`,
      connections,
      server,
      load: { action: 'GenerateDataKey', targets: keys, spread },
    },
    // The blobs were made with this spread: taken evenly, their keys follow it.
    { name: `Decrypt, ${size}, ${spread}`, connections, server, load: { action: 'Decrypt', targets: blobs } },
  ];
}

function toThousand(measured: readonly Measured[]): string {
  const rows = measured.slice(2).flatMap((subject, index) => {
    const yardstick = measured[index % 2];
    return yardstick ? [ratioRow(subject, yardstick)] : [];
  });
  return table(RATIO_HEADER, rows);
}
