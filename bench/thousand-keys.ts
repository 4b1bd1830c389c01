import { join } from 'node:path';
import { collectBlobs } from './blobs.ts';
import { type Case, measureMatrix, type Pace } from './matrix.ts';
import { usageOf } from './processes.ts';
import { loadTable, ratioTable } from './report.ts';
import { freshDataDir } from './seed.ts';
import { startBare, startKeyhold } from './servers.ts';
import { megabytes } from './table.ts';
import { trailBytes } from './trail-size.ts';

const CONNECTIONS = [1, 16, 64];
const BLOBS = 20_000;

/** The matrix of the targets: Keyhold with 1,000 keys beside a bare node:http server. */
export async function measureThousandKeys(folder: string, pace: Pace) {
  const { dataDir, keys } = await freshDataDir(folder, 1000);
  const bare = await startBare();
  let keyhold = await startKeyhold(dataDir);
  try {
    const rssAtStart = usageOf(keyhold.pid).rssBytes;
    const blobs = await collectBlobs(keyhold, keys, 'uniform', BLOBS, join(folder, '1000-keys.blobs'));
    const cases = CONNECTIONS.flatMap((connections): Case[] => [
      {
        name: 'bare',
        connections,
        server: bare,
        load: { action: 'GenerateDataKey', targets: keys, repeat: true },
      },
      {
        name: 'bare, short GET',
        connections,
        server: bare,
        load: { action: 'GenerateDataKey', targets: keys, repeat: true, plainGet: true },
      },
      {
        name: 'GenerateDataKey',
        connections,
        server: keyhold,
        load: { action: 'GenerateDataKey', targets: keys },
      },
      { name: 'Decrypt', connections, server: keyhold, load: { action: 'Decrypt', targets: blobs } },
    ]);
    const trailBefore = trailBytes(dataDir);
    const measured = await measureMatrix(cases, pace);
    const calls = measured
      .filter(({ name }) => !name.startsWith('bare'))
      .flatMap(({ rounds }) => rounds)
      .reduce((sum, { sent }) => sum + sent, 0);
    const trailBytesPerCall = (trailBytes(dataDir) - trailBefore) / calls;
    const rssAtEnd = usageOf(keyhold.pid).rssBytes;
    const { startSeconds } = keyhold;
    await keyhold.stop();
    keyhold = await startKeyhold(dataDir);
    const restartSeconds = keyhold.startSeconds;

    console.log(loadTable(measured));
    console.log(`\n${ratioTable(measured, ['bare', 'bare, short GET'])}`);
    console.log(`\ntrail: ${trailBytesPerCall.toFixed(0)} bytes a call, ${calls} calls`);
    console.log(
      `start-up: ${startSeconds.toFixed(2)} s with an empty trail, ${restartSeconds.toFixed(2)} s after these calls`,
    );
    console.log(`RSS: ${megabytes(rssAtStart)} MB at start, ${megabytes(rssAtEnd)} MB at the end\n`);
    return { startSeconds, restartSeconds, rssAtStart, rssAtEnd, trailBytesPerCall, calls, measured };
  } finally {
    await Promise.all([bare.stop(), keyhold.stop()]);
  }
}
