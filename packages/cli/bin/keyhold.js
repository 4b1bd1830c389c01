#!/usr/bin/env node
// Plain JavaScript, so that an older Node of the system can read it and hand over to the pinned one.
import { spawn } from 'node:child_process';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const major = Number.parseInt(process.versions.node, 10);

if (major >= 24 && process.features.typescript) {
  // Not Node's default, which is below the temporary directory: what is read from there is run.
  module.enableCompileCache(join(dirname(fileURLToPath(import.meta.url)), '..', 'node_modules', '.cache'));
  await import('../src/bin.ts');
} else {
  handOver();
}

/** Runs this file again under the pinned runtime, as if it had been started there. */
function handOver() {
  const runtime = join(
    dirname(module.createRequire(import.meta.url).resolve('node/package.json')),
    'bin',
    'node',
  );
  const child = spawn(runtime, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Control-C at a terminal reaches the child by itself.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`error: Keyhold needs Node 24 or newer; ${runtime}: ${error.message}; run npm ci\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? 1;
    } else {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
  });
}
