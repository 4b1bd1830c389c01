import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServingProcess, serve, spawnServer } from '../../server-process.ts';
import { checkKeys, checkSealed, checkTrail, enableAll } from './check.ts';
import { Worker, workUntilKilled } from './worker.ts';

/** Every so many rounds the server is killed while it starts, too. */
const KILL_START_EVERY = 5;
const QUOTAS = { KEYHOLD_KEY_QUOTA: '1000', KEYHOLD_ALIAS_QUOTA: '100000' };

export interface KillReport {
  readonly rounds: number;
  readonly calls: number;
  readonly cutOff: number;
  readonly sealed: number;
  readonly trailLines: number;
  readonly tornEnds: number;
  readonly intentsWithoutOutcome: number;
}

/**
 * Rounds of concurrent traffic, each ended by SIGKILL at a random moment, and each followed by a check of
 * everything that was acknowledged. Throws where anything is lost.
 */
export async function killRounds(
  rounds: number,
  options: { readonly workers: number; readonly longest: number; readonly onRound?: (round: number) => void },
): Promise<KillReport> {
  const dataDir = await mkdtemp(join(tmpdir(), 'keyhold-kill-'));
  const workers = Array.from({ length: options.workers }, () => new Worker());
  let tornEnds = 0;
  let server: ServingProcess | undefined;
  try {
    server = await serve(dataDir, QUOTAS);
    for (let round = 1; round <= rounds; round++) {
      const sealedBefore = workers.map((worker) => worker.sealed.length);
      const running = server;
      await workUntilKilled(workers, running.url, () => running.end('SIGKILL'), randomInt(options.longest));
      const { tornBytes } = await checkTrail(dataDir, workers);
      if (tornBytes > 0) tornEnds++;
      if (round % KILL_START_EVERY === 0) await killWhileStarting(dataDir);
      server = await serve(dataDir, QUOTAS);
      for (const [index, worker] of workers.entries()) {
        await checkKeys(server, worker);
        await checkSealed(server, worker, sealedBefore[index]);
      }
      options.onRound?.(round);
    }
    for (const worker of workers) {
      await enableAll(server, worker);
      await checkSealed(server, worker);
    }
    await server.end('SIGTERM');
    const { lines, withoutOutcome } = await checkTrail(dataDir, workers);
    return {
      rounds,
      calls: sum(workers.map(({ calls }) => calls)),
      cutOff: sum(workers.map(({ unknown }) => unknown.length)),
      sealed: sum(workers.map(({ sealed }) => sealed.length)),
      trailLines: lines,
      tornEnds,
      intentsWithoutOutcome: withoutOutcome,
    };
  } finally {
    await server?.end('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function killWhileStarting(dataDir: string): Promise<void> {
  const starting = spawnServer(dataDir, QUOTAS);
  await sleep(randomInt(100, 1200));
  await starting.end('SIGKILL');
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
