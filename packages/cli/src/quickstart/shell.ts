import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * What a person would type runs as it is shown, except that `npx keyhold` and `node` are found without
 * searching: npx takes half a second for it, and the `node` of the system may be too old.
 */
const PRELUDE =
  'runtime=$1 keyhold=$2; npx() { shift; "$runtime" "$keyhold" "$@"; }; node() { "$runtime" "$@"; }';
const KEYHOLD = fileURLToPath(new URL('../../bin/keyhold.js', import.meta.url));

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in the shell. */
export function runInShell(line: string, environment: NodeJS.ProcessEnv): Promise<Outcome> {
  const child = spawn('sh', ['-c', `${PRELUDE}\n${line}`, 'sh', process.execPath, KEYHOLD], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      out[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ exitCode: code ?? 1, ...out }));
  });
}

/** The text as one word of the shell. */
export const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
