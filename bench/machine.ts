import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { spreadOf } from './statistics.ts';

const FLUSHES = 200;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly kernel: string;
  /** Median time to append 4 KB to a file in the data directory and flush it. */
  readonly flushMs: number;
  readonly at: string;
}

export function machine(dataDir: string): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    node: process.version,
    kernel: `${release()} ${readFileSync('/proc/sys/kernel/arch', 'latin1').trim()}`,
    flushMs: flushMs(dataDir),
    at: new Date().toISOString(),
  };
}

function flushMs(directory: string): number {
  const path = join(directory, 'flush-probe');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(4096, 1);
  const times = Array.from({ length: FLUSHES }, () => {
    const start = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    return performance.now() - start;
  });
  closeSync(file);
  rmSync(path);
  return spreadOf(times).median;
}
