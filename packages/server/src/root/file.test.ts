import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SecretBytes } from '../secret-bytes.ts';
import { StartError } from '../start-error.ts';
import { testDirectory } from '../store/conformance/sqlite-files.ts';
import { createRootKeyFile, openRootKeyFile } from './file.ts';

const directory = testDirectory();
let count = 0;
/** A path in a directory of its own. */
function newPath(): string {
  const own = join(directory, String(count++));
  mkdirSync(own);
  return join(own, 'root-key');
}
const written = (text: string | Buffer, mode = 0o600): string => {
  const path = newPath();
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
};
const refuses = (work: Promise<unknown>, path: string, why: RegExp) =>
  assert.rejects(work, (error: Error) => {
    assert.ok(error instanceof StartError, String(error));
    assert.ok(error.message.includes(path), error.message);
    assert.match(error.message, why);
    assert.ok(!error.message.includes('\n'));
    return true;
  });

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i);
const LINE = `keyhold-root-key-1:${Buffer.alloc(32, 0xfb).toString('base64')}\n`;

test('makes one line for the owner alone, another each time, and leaves nothing else behind', async () => {
  const [a, b] = [newPath(), newPath()];
  await createRootKeyFile(a);
  await createRootKeyFile(b);
  assert.match(readFileSync(a, 'utf8'), /^keyhold-root-key-1:[A-Za-z0-9+/]{43}=\n$/);
  assert.notEqual(readFileSync(a, 'utf8'), readFileSync(b, 'utf8'));
  assert.equal(statSync(a).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(a, '..')), ['root-key']);
});

test('the mode does not depend on the umask', async () => {
  for (const mask of [0o000, 0o277]) {
    const before = process.umask(mask);
    try {
      const path = newPath();
      chmodSync(join(path, '..'), 0o700);
      await createRootKeyFile(path);
      assert.equal(statSync(path).mode & 0o777, 0o600);
    } finally {
      process.umask(before);
    }
  }
});

test('never replaces a file, whatever is in it', async () => {
  for (const text of [LINE, '', 'something else']) {
    const path = written(text);
    await refuses(createRootKeyFile(path), path, /EEXIST.*nothing was replaced/);
    assert.equal(readFileSync(path, 'utf8'), text);
    assert.deepEqual(readdirSync(join(path, '..')), ['root-key']);
  }
});

test('of several that make it at once, one wins and the file is whole', async () => {
  const path = newPath();
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => createRootKeyFile(path)));
  assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
  await openRootKeyFile(path);
  assert.deepEqual(readdirSync(join(path, '..')), ['root-key']);
});

test('what a crash left behind does not stop the next start', async () => {
  const path = newPath();
  for (const name of ['new', `${process.pid}.new`]) writeFileSync(`${path}.${name}`, 'keyhold-root-');
  await createRootKeyFile(path);
  await openRootKeyFile(path);
});

test('a directory that is not there is named', async () => {
  const path = join(directory, 'missing', 'root-key');
  await refuses(createRootKeyFile(path), path, /ENOENT.*KEYHOLD_ROOT_KEY_FILE/);
  await refuses(openRootKeyFile(path), path, /ENOENT.*your copy/);
});

test('a file that others can read is refused, with the command that helps', async () => {
  for (let mode = 0; mode <= 0o777; mode++) {
    if (mode % 8 !== 0 && mode % 8 !== 4) continue; // read bits of others stand for all three
    if ((mode & 0o400) === 0) continue; // root reads it nevertheless
    const path = written(LINE, mode);
    if ((mode & 0o077) === 0) await openRootKeyFile(path);
    else await refuses(openRootKeyFile(path), path, /chmod 600/);
  }
});

test('what is not a root key file is refused and not shown', async () => {
  const base64 = LINE.slice(19, -1);
  const bad: readonly (string | Buffer)[] = [
    '',
    '\n',
    base64,
    'keyhold-root-key-1:',
    'keyhold-root-key-1:\n',
    `keyhold-root-key-2:${base64}\n`,
    ` keyhold-root-key-1:${base64}\n`,
    `keyhold-root-key-1: ${base64}\n`,
    `keyhold-root-key-1:${base64.slice(1)}\n`,
    `keyhold-root-key-1:${base64.slice(0, -1)}\n`,
    `keyhold-root-key-1:A${base64}\n`,
    `keyhold-root-key-1:${base64.replace('+', '*')}\n`,
    `keyhold-root-key-1:${base64.replace('+', '')}\n`,
    `${LINE}${LINE}`,
    `${LINE}more`,
    randomBytes(64),
    Buffer.alloc(64),
  ];
  for (const text of bad) {
    const path = written(text);
    await assert.rejects(openRootKeyFile(path), (error: Error) => {
      assert.ok(error instanceof StartError && error.message.includes(path), String(error));
      return !error.message.includes(base64.slice(1, -2));
    });
  }
  const directoryPath = newPath();
  mkdirSync(directoryPath, { mode: 0o700 });
  await refuses(openRootKeyFile(directoryPath), directoryPath, /EISDIR/);
});

test('a line end of Windows, or none, is no difference', async () => {
  const secret = new SecretBytes(SECRET.slice());
  const wrapped = await (await openRootKeyFile(written(LINE))).wrap(secret);
  for (const text of [LINE.trimEnd(), LINE.replace('\n', '\r\n')]) {
    const opened = await (await openRootKeyFile(written(text))).unwrap(wrapped);
    assert.deepEqual(new Uint8Array(opened.open()), SECRET);
  }
});
