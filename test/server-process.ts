import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  ACCOUNT,
  type Answer,
  type Credentials,
  type Parameters,
  ROOT,
  send,
  signedTarget,
} from './server.ts';

const KEYHOLD = fileURLToPath(new URL('../packages/cli/bin/keyhold.js', import.meta.url));

/** `keyhold serve` in a process of its own, which can be killed and whose output is all kept. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** Where it listens; rejects where it ends before. */
  readonly listening: Promise<string>;
  /** Its exit code, null after a signal. */
  readonly exited: Promise<number | null>;
  stdout(): string;
  stderr(): string;
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

export interface ServingProcess extends ServerProcess {
  readonly url: string;
  call(action: string, parameters?: Parameters, credentials?: Credentials): Promise<Answer>;
}

/** `environment` is all there is, but what a test server needs; empty values unset that. */
export function spawnServer(
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
): ServerProcess {
  const child = spawn(process.execPath, [KEYHOLD, 'serve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      KEYHOLD_DATA_DIR: dataDir,
      KEYHOLD_LISTEN: '127.0.0.1:0',
      KEYHOLD_ACCOUNT_ID: ACCOUNT,
      KEYHOLD_ROOT_ACCESS_KEY_ID: ROOT.accessKeyId,
      KEYHOLD_ROOT_ACCESS_KEY_SECRET: ROOT.accessKeySecret,
      ...environment,
    },
  });
  const listening = Promise.withResolvers<string>();
  const exited = Promise.withResolvers<number | null>();
  listening.promise.catch(() => undefined); // not everyone waits for it
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    const url = /listens on (\S+)/.exec(stdout)?.[1];
    if (url) listening.resolve(url);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.on('error', (error) => listening.reject(error));
  child.on('close', (code) => {
    listening.reject(new Error(`the server ended (${code}): ${stderr}`));
    exited.resolve(code);
  });
  const end = (signal: 'SIGKILL' | 'SIGTERM') => {
    child.kill(signal);
    return exited.promise;
  };
  return {
    pid: child.pid ?? 0,
    listening: listening.promise,
    exited: exited.promise,
    stdout: () => stdout,
    stderr: () => stderr,
    end,
    async [Symbol.asyncDispose]() {
      await end('SIGKILL');
    },
  };
}

export async function serve(
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServingProcess> {
  const server = spawnServer(dataDir, environment);
  const url = await server.listening;
  const call: ServingProcess['call'] = (action, parameters = {}, credentials = ROOT) =>
    send(url, signedTarget(action, parameters, credentials));
  return { ...server, url, call };
}
