import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { LoadOrder, LoadResult } from './load.ts';
import { waitForQuiet } from './quiet.ts';
import { GENERATOR_CORE, ROOT, type Running, SERVER_CORE, SIGNER, spawnPinned } from './servers.ts';

/** More than this machine class was ever seen to serve, so that the prepared requests outlast the clock. */
const FASTEST = { oneConnection: 12_000, manyConnections: 45_000 };

export type Load = Pick<LoadOrder, 'action' | 'targets' | 'connections' | 'warmupSeconds' | 'seconds'> &
  Partial<LoadOrder>;

/** Above this share of foreign work on either core a run says little about the server. */
const DISTURBED = 0.1;
const QUIET_WAIT_SECONDS = 5;

/** The least disturbed of up to `attempts` runs; one is enough where nobody disturbed it. */
export async function measureUndisturbed(server: Running, load: Load, attempts: number): Promise<LoadResult> {
  let best = await measure(server, load);
  for (let attempt = 1; attempt < attempts && best.foreignCpu > DISTURBED; attempt++) {
    await waitForQuiet([SERVER_CORE, GENERATOR_CORE], QUIET_WAIT_SECONDS);
    const again = await measure(server, load);
    if (again.foreignCpu < best.foreignCpu) best = again;
  }
  return best;
}

/** One run of the load generator, in a process of its own on its own core. */
export async function measure(server: Running, load: Load): Promise<LoadResult> {
  const fastest = load.connections === 1 ? FASTEST.oneConnection : FASTEST.manyConnections;
  const order: LoadOrder = {
    port: server.port,
    spread: 'uniform',
    signer: SIGNER,
    requests: Math.ceil(fastest * (load.warmupSeconds + load.seconds)),
    serverPid: server.pid,
    serverCore: SERVER_CORE,
    generatorCore: GENERATOR_CORE,
    ...load,
  };
  const child = spawnPinned(
    GENERATOR_CORE,
    [join(ROOT, 'bench/load.ts'), JSON.stringify(order)],
    ['ignore', 'pipe', 'inherit'],
  );
  if (!child.stdout) throw new Error('no output to read');
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return JSON.parse(output);
}
