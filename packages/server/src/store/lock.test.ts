import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { testDirectory } from './conformance/sqlite-files.ts';
import { lockDataDirectory } from './lock.ts';

const directory = testDirectory();

test('one server holds a data directory, until it releases it', () => {
  const lock = lockDataDirectory(directory);
  assert.throws(() => lockDataDirectory(directory), {
    message: `The data directory ${directory} is in use by another server.`,
  });
  lock.release();
  lock.release();
  lockDataDirectory(directory).release();
});

test('another process is refused, and a killed one holds nothing', async () => {
  const program = `
    import { lockDataDirectory } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))};
    lockDataDirectory(process.argv[1]);
    globalThis.gc();
    console.log('locked');
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', program, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  try {
    await once(child.stdout, 'data');
    assert.throws(() => lockDataDirectory(directory), /in use by another server/);
  } finally {
    child.kill('SIGKILL');
  }
  await exit;
  lockDataDirectory(directory).release();
});

test('a directory that is not there is named', () => {
  const missing = join(directory, 'missing');
  assert.throws(() => lockDataDirectory(missing), { message: new RegExp(`${missing} cannot be locked`) });
});
