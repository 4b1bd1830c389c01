import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { collectBlobs } from './blobs.ts';
import { summarise } from './cpu-profile.ts';
import { measure } from './measure.ts';
import type { Action } from './requests.ts';
import { freshDataDir } from './seed.ts';
import { ROOT, startKeyhold } from './servers.ts';
import { table, whole } from './table.ts';

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
  const { categories, functions, idleShare } = summarise(join(profiles, file), ROOT);
  const micros = (share: number) => (share * (result.serverCpu / result.perSecond) * 1e6).toFixed(2);
  const rows = (entries: typeof functions) =>
    entries.map(([name, share]) => [name, `${(share * 100).toFixed(1)} %`, micros(share)]);

  console.log(
    `${action}, ${connections} connections: ${whole(result.perSecond)}/s under the profiler, ${result.errors} errors`,
  );
  console.log(`${join(profiles, file)} (idle ${(idleShare * 100).toFixed(0)} %)\n`);
  console.log(table(['part', 'share', 'µs a call'], rows(categories)));
  console.log(`\n${table(['function, own time', 'share', 'µs a call'], rows(functions.slice(0, 40)))}`);
}
