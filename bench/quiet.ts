import { setTimeout as sleep } from 'node:timers/promises';
import { coreSeconds } from './processes.ts';

const LOOK_MS = 500;
const QUIET_SHARE = 0.1;

/** Waits until both cores are all but idle, for at most `seconds`. */
export async function waitForQuiet(cores: readonly number[], seconds: number): Promise<void> {
  for (let waited = 0; waited < seconds * 1000; waited += LOOK_MS) {
    const before = cores.map(coreSeconds);
    await sleep(LOOK_MS);
    const busiest = Math.max(...cores.map((core, index) => coreSeconds(core) - (before[index] ?? 0)));
    if (busiest * 1000 < LOOK_MS * QUIET_SHARE) return;
  }
}
