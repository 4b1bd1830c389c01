import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { collectBlobs } from './blobs.ts';
import { summarise } from './cpu-profile.ts';
import { measure } from './measure.ts';
import type { Action } from './requests.ts';
import { freshDataDir } from './seed.ts';
import { ROOT, startKeyhold } from './servers.ts';
import { table, whole } from './table.ts';

const TOP = 40;

/** Where the server's processor time goes under load: by part, and the functions that take most themselves. */
export async function profile(
  folder: string,
  action: Action,
  connections: number,
  seconds: number,
): Promise<void> {
  const profiles = mkdtempSync(join(folder, 'profile-'));
  const { dataDir, keys } = await freshDataDir(folder, 1000);
  const keyhold = await startKeyhold(dataDir, ['--cpu-prof', '--cpu-prof-dir', profiles]);
  const blobs = join(profiles, 'blobs');
  const targets = action === 'Decrypt' ? await collectBlobs(keyhold, keys, 'uniform', 5000, blobs) : keys;
  const result = await measure(keyhold, {
    action,
    targets,
    connections,
    warmupSeconds: 1,
    seconds: seconds,
  });
  await keyhold.stop();
  const file = readdirSync(profiles).find((name) => name.endsWith('.cpuprofile'));
  if (!file) throw new Error(`the server wrote no profile to ${profiles}`);
  const path = join(profiles, file);
  const { busy, categories, functions } = summarise(path, ROOT, result.from, result.to);
  const allThreads = result.serverCpu * result.seconds * 1e6;
  const row = ([name, time]: readonly [string, number]) => [
    name,
    `${((time / busy) * 100).toFixed(1)} %`,
    (time / result.answers).toFixed(2),
  ];

  console.log(`${action}, ${connections} connections: ${whole(result.perSecond)}/s under the profiler`);
  console.log(
    `${(allThreads / result.answers).toFixed(1)} µs a call in all threads; errors ${result.errors}; ${path}\n`,
  );
  console.log(
    table(['part (main thread)', 'share', 'µs a call'], [...categories, ['all', busy] as const].map(row)),
  );
  console.log(`\n${table(['function, own time', 'share', 'µs a call'], functions.slice(0, TOP).map(row))}`);
}
