import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DoesNotOpen } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { StartError } from '../start-error.ts';
import { testDirectory } from '../store/conformance/sqlite-files.ts';
import { openPassphraseFile } from './passphrase.ts';

const directory = testDirectory();
const PASSPHRASE = 'correct horse battery';
const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i);

let count = 0;
function fileOf(text: string): string {
  const path = join(directory, String(count++));
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
const open = (text: string) => openPassphraseFile(fileOf(text));
const rootKey = await open(PASSPHRASE);
const wrapped = await rootKey.wrap(new SecretBytes(SECRET.slice()));

test('opens what it wrapped, with or without a line end in the file', async () => {
  assert.equal(rootKey.kind, 'passphrase');
  for (const text of [PASSPHRASE, `${PASSPHRASE}\n`, `${PASSPHRASE}\r\n`]) {
    const opened = await (await open(text)).unwrap(wrapped);
    assert.deepEqual(new Uint8Array(opened.open()), SECRET);
  }
});

test('has a salt of its own for each wrapping', async () => {
  const again = await rootKey.wrap(new SecretBytes(SECRET.slice()));
  assert.equal(again.length, 1 + 16 + 12 + 32 + 16);
  assert.notDeepEqual(again.subarray(1, 17), wrapped.subarray(1, 17));
});

test('another passphrase does not open it', async () => {
  for (const text of [`${PASSPHRASE} `, PASSPHRASE.toUpperCase()]) {
    await assert.rejects((await open(text)).unwrap(wrapped), DoesNotOpen);
  }
});

test('a changed or cut wrapping does not open', async () => {
  for (const at of [0, 1, 16, wrapped.length - 1]) {
    const changed = wrapped.map((byte, i) => (i === at ? byte ^ 1 : byte));
    await assert.rejects(rootKey.unwrap(changed), DoesNotOpen, `byte ${at}`);
  }
  for (const length of [0, 1, 5, 9, 17, wrapped.length - 1]) {
    await assert.rejects(rootKey.unwrap(wrapped.subarray(0, length)), DoesNotOpen, `${length} bytes`);
  }
});

test('twelve characters are needed, whatever bytes they take', async () => {
  const refused = ['', '\n', 'elevenchars', 'elevenchars\n\n', '密码密码', 'ключключклю'];
  for (const text of refused) {
    const path = fileOf(text);
    await assert.rejects(openPassphraseFile(path), (error: Error) => {
      assert.ok(error instanceof StartError && error.message.includes(path), String(error));
      return text.trim() === '' || !error.message.includes(text.trim());
    });
  }
  for (const text of ['twelve chars', 'ключключключ', '🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑']) await open(text);
});

test('a file that is not there is named', async () => {
  const path = join(directory, 'missing');
  await assert.rejects(openPassphraseFile(path), { name: 'StartError', message: /missing.*ENOENT/ });
});

test('a file that others can read is refused', async () => {
  const path = fileOf(PASSPHRASE);
  chmodSync(path, 0o640);
  await assert.rejects(openPassphraseFile(path), {
    name: 'StartError',
    message: `the passphrase file ${path} can be read by others; run: chmod 600 ${path}`,
  });
});
