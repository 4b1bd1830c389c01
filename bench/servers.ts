import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Signer } from './requests.ts';

export const SERVER_CORE = 0;
export const GENERATOR_CORE = 1;
export const ROOT = join(import.meta.dirname, '..');
export const ACCOUNT_ID = '1234567890123456';
export const SIGNER: Signer = {
  accessKeyId: 'LTAIbenchbenchbenchbench',
  accessKeySecret: 'benchbenchbenchbenchbenchbench',
};

/** A server under load, alone on its core. */
export interface Running {
  readonly pid: number;
  readonly port: number;
  /** From the start of the process to the first answer. */
  readonly startSeconds: number;
  /** SIGTERM, and wait. */
  stop(): Promise<void>;
}

export async function startBare(): Promise<Running> {
  const port = await freePort();
  return start([join(ROOT, 'bench/bare-http.ts'), String(port)], {}, port, '/');
}

export async function startKeyhold(dataDir: string, nodeFlags: readonly string[] = []): Promise<Running> {
  const port = await freePort();
  const environment = {
    KEYHOLD_DATA_DIR: dataDir,
    KEYHOLD_LISTEN: `127.0.0.1:${port}`,
    KEYHOLD_ACCOUNT_ID: ACCOUNT_ID,
    KEYHOLD_ROOT_ACCESS_KEY_ID: SIGNER.accessKeyId,
    KEYHOLD_ROOT_ACCESS_KEY_SECRET: SIGNER.accessKeySecret,
  };
  const program = [join(ROOT, 'packages/cli/bin/keyhold.js'), 'serve'];
  return start([...nodeFlags, ...program], environment, port, '/healthz');
}

async function start(
  command: readonly string[],
  environment: Record<string, string>,
  port: number,
  path: string,
): Promise<Running> {
  const started = performance.now();
  const child = spawnPinned(SERVER_CORE, command, ['ignore', 'ignore', 'inherit'], environment);
  const url = `http://127.0.0.1:${port}${path}`;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) break;
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    await sleep(10);
  }
  return {
    pid: child.pid ?? 0,
    port,
    startSeconds: (performance.now() - started) / 1000,
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** Runs this Node on one core, at most as long as ourselves. */
export function spawnPinned(
  core: number,
  command: readonly string[],
  stdio: readonly ('ignore' | 'inherit' | 'pipe')[],
  environment: Record<string, string> = {},
): ChildProcess {
  const child = spawn('taskset', ['-c', String(core), process.execPath, ...command], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: [...stdio],
  });
  const end = () => child.kill();
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
