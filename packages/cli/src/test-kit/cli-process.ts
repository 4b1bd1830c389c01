import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The command line as tests see it: processes, started and stopped. */
export const KEYHOLD = fileURLToPath(new URL('../../bin/keyhold.js', import.meta.url));

/** Nothing of the tester's own shell may decide a test. */
const CLEAN = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(KEYHOLD|ALIBABA_CLOUD|NODE)_/.test(name)),
);

/** What does not end by itself is ended, so that its test fails. */
const LONGEST_MS = 60_000;

type Environment = Readonly<Record<string, string>>;

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  /** Resolves with the first line of stdout that matches. */
  line(pattern: RegExp): Promise<string>;
  readonly ended: Promise<Ended>;
}

/** `stdin` that is a stream goes on as long as it does. */
export function startNode(
  args: readonly string[],
  environment: Environment,
  stdin: string | Uint8Array | Readable = '',
): Started {
  const child = spawn(process.execPath, args, {
    env: { ...CLEAN, ...environment },
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  });
  child.stdin.on('error', () => {}); // who does not read it closes it
  if (stdin instanceof Readable) stdin.pipe(child.stdin);
  else child.stdin.end(stdin);
  const lines = createInterface({ input: child.stdout });
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[exitCode], stdout, stderr]) => ({ exitCode, stdout, stderr }),
  );
  const line = async (pattern: RegExp): Promise<string> => {
    for await (const each of lines) if (pattern.test(each)) return each;
    throw new Error(`ended without ${pattern}: ${JSON.stringify(await ended)}`);
  };
  return { child, line, ended };
}

/** `keyhold <args>` to its end. */
export const keyhold = (
  args: readonly string[],
  environment: Environment = {},
  stdin: string | Uint8Array = '',
): Promise<Ended> => startNode([KEYHOLD, ...args], environment, stdin).ended;

export interface ServerProcess extends AsyncDisposable {
  readonly endpoint: string;
  readonly dataDir: string;
  /** For commands that are to find this server. */
  readonly environment: Environment;
  readonly process: Started;
}

/** `keyhold serve` on a free port and a data directory that goes away with it. */
export async function serveProcess(nodeOptions: readonly string[] = []): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'keyhold-cli-'));
  const settings = { KEYHOLD_DATA_DIR: dataDir, KEYHOLD_LISTEN: '127.0.0.1:0' };
  const started = startNode([...nodeOptions, KEYHOLD, 'serve'], settings);
  const endpoint = (await started.line(/listens on/)).split(' ').at(-1) ?? '';
  return {
    endpoint,
    dataDir,
    environment: { KEYHOLD_DATA_DIR: dataDir, KEYHOLD_ENDPOINT: endpoint },
    process: started,
    [Symbol.asyncDispose]: async () => {
      started.child.kill('SIGTERM');
      await started.ended;
      await rm(dataDir, { recursive: true });
    },
  };
}
