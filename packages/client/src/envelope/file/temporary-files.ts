import { rmSync } from 'node:fs';

/** Files that have to be gone when the process ends, however it ends; SIGKILL and power loss excepted. */
const paths = new Set<string>();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function track(path: string): void {
  if (paths.size === 0) {
    process.on('exit', removeAll);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  paths.add(path);
}

export function untrack(path: string): void {
  if (!paths.delete(path) || paths.size > 0) return;
  process.off('exit', removeAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

function removeAll(): void {
  for (const path of paths) rmSync(path, { force: true });
}

/** A program with a handler of its own decides itself, and aborts through its signal or lets the work finish. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  for (const path of [...paths]) untrack(path);
  process.kill(process.pid, signal);
}
