import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Those that ask a process for something. Terminals send the first two to the program by themselves. */
const PASSED_ON = [
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGCONT',
  'SIGWINCH',
] as const;
const FROM_TERMINAL: readonly string[] = ['SIGINT', 'SIGQUIT', 'SIGWINCH'];

/** As `env` has them. */
const NOT_RUNNABLE = 126;
const NOT_FOUND = 127;

export class CannotRun extends Error {
  override readonly name = 'CannotRun';
  readonly exitCode: number;

  constructor(program: string, error: NodeJS.ErrnoException) {
    const missing = error.code === 'ENOENT';
    super(missing ? `${program}: not found` : `${program} was not started (${error.code ?? error.message})`);
    this.exitCode = missing ? NOT_FOUND : NOT_RUNNABLE;
  }
}

/** Runs the program to its end, passes signals on, and returns its exit code; ends as it does where a signal ends it. */
export async function runChild(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const child = spawn(program, args, { env, stdio: 'inherit' });
  const passOn = (signal: NodeJS.Signals): void => {
    if (!(process.stdin.isTTY && FROM_TERMINAL.includes(signal))) child.kill(signal);
  };
  for (const signal of PASSED_ON) process.on(signal, passOn);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    child.on('error', (error) => reject(new CannotRun(program, error)));
    child.on('exit', (code, signal) => resolve(code ?? endBy(signal)));
    return await promise;
  } finally {
    for (const signal of PASSED_ON) process.off(signal, passOn);
  }
}

function endBy(signal: NodeJS.Signals | null): number {
  if (signal === null) return NOT_RUNNABLE;
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  return 128 + constants.signals[signal]; // where the signal does not end this process
}
