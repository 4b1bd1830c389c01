import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../trail/test-kit/samples.ts';
import { DirectoryTarget } from './directory-target.ts';
import { type FailureReason, TargetFailure } from './target.ts';

const failsAs = (reason: FailureReason) => (error: unknown) =>
  error instanceof TargetFailure && error.reason === reason;
const NAME = 'prefix/2026/03/04/object.gz';

test('an object is a file, whole; once more changes nothing', async (t) => {
  const directory = temporaryDirectory(t);
  const target = new DirectoryTarget(directory);
  await target.check();
  const draft = join(directory, 'prefix/2026/03/04', '.object.gz.new');
  mkdirSync(join(draft, '..'), { recursive: true });
  writeFileSync(draft, 'what a crash left, longer than what comes');
  for (let i = 0; i < 2; i++) {
    await target.put(NAME, Buffer.from('bytes'));
    assert.equal(readFileSync(join(directory, NAME), 'utf8'), 'bytes');
    assert.deepEqual(readdirSync(join(draft, '..')), ['object.gz']);
  }
  assert.equal(statSync(join(directory, NAME)).mode & 0o007, 0, 'nothing for everybody');
});

test('a directory that is not there is not made, and is used when it is there again', async (t) => {
  const directory = join(temporaryDirectory(t), 'mount');
  const target = new DirectoryTarget(directory);
  await assert.rejects(target.check(), failsAs('missing'));
  await assert.rejects(target.put(NAME, Buffer.from('x')), failsAs('missing'));
  assert.throws(() => statSync(directory), { code: 'ENOENT' });
  writeFileSync(directory, 'a file');
  await assert.rejects(target.check(), failsAs('missing'));
  await assert.rejects(target.put(NAME, Buffer.from('x')), failsAs('missing'));
  rmSync(directory);
  mkdirSync(directory);
  await target.put(NAME, Buffer.from('x'));
  assert.equal(readFileSync(join(directory, NAME), 'utf8'), 'x');
});

test('a name never leads out of the directory', async (t) => {
  const directory = join(temporaryDirectory(t), 'inner');
  mkdirSync(directory);
  const target = new DirectoryTarget(directory);
  for (const name of ['../outside.gz', 'a/../../outside.gz']) {
    await assert.rejects(target.put(name, Buffer.from('x')), /leads out/);
  }
  assert.deepEqual(readdirSync(join(directory, '..')), ['inner']);
});

test('a disk that is full: nothing half done under the name, and it goes on when there is room', async (t) => {
  const directory = temporaryDirectory(t);
  const target = new DirectoryTarget(directory);
  // As a full disk does, the kernel refuses files beyond a size; of this process, so for a moment.
  const limit = (bytes: string) =>
    execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]);
  const bytes = Buffer.alloc(1 << 20, 1);
  limit('65536');
  try {
    await assert.rejects(target.put(NAME, bytes), failsAs('full'));
    assert.throws(() => statSync(join(directory, NAME)), { code: 'ENOENT' });
  } finally {
    limit('unlimited');
  }
  await target.put(NAME, bytes);
  assert.ok(readFileSync(join(directory, NAME)).equals(bytes));
});

test('a directory that may not be written to is told apart', {
  skip: process.getuid?.() === 0,
}, async (t) => {
  const directory = temporaryDirectory(t);
  chmodSync(directory, 0o500);
  const target = new DirectoryTarget(directory);
  await assert.rejects(target.check(), failsAs('denied'));
  await assert.rejects(target.put(NAME, Buffer.from('x')), failsAs('denied'));
});
