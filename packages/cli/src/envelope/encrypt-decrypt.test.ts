import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, statSync, symlinkSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { ALIAS, BACKUP, content, sealedBy, twoRegions } from '../test-kit/two-regions.ts';

const kms = await twoRegions();
after(() => kms[Symbol.asyncDispose]());
const { run, place } = kms;
const ANY = '--allow-any-key';
const sealed = (bytes: Buffer, ...flags: string[]) => sealedBy(kms, bytes, ...flags);

describe('encrypt and decrypt', { concurrency: 4, timeout: 60_000 }, () => {
  test('a file, beside it, for its owner, and back, byte for byte', async () => {
    const bytes = content(200_001);
    const { file, read, at } = await sealed(bytes);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const { exitCode, stdout } = await run(['decrypt', file, '-o', at('back'), '--allow', ALIAS]);
    assert.deepEqual([exitCode, stdout], [0, `${file} -> ${at('back')}\n`]);
    assert.deepEqual(read('back'), bytes);
  });

  test('through pipes, in every format', async () => {
    for (const format of ['kenv', 'sample', 'sdk']) {
      const here = place();
      const { exitCode } = await run(
        ['encrypt', '-', '-o', here.at('e'), '--key', ALIAS, '--format', format],
        'line\n',
      );
      assert.equal(exitCode, 0);
      const opened = await run(['decrypt', '-', '--allow', ALIAS], here.read('e'));
      assert.deepEqual(opened, { exitCode: 0, stdout: 'line\n', stderr: '' }, format);
      const file = await run(['decrypt', here.at('e'), '-o', '-', '--allow', kms.work]);
      assert.deepEqual(file, { exitCode: 0, stdout: 'line\n', stderr: '' }, format);
    }
  });

  test('a tree, for two regions, by either of its keys', async () => {
    const here = place();
    const files = { 'in/a.csv': 'a\n', 'in/deep/er/b': content(70_000), 'in/empty': '' };
    for (const [name, text] of Object.entries(files)) here.write(name, text);
    symlinkSync('/etc/passwd', here.at('in/link'));
    const sealing = await run([
      'encrypt',
      here.at('in'),
      '-o',
      here.at('out'),
      '--key',
      ALIAS,
      '--key',
      BACKUP,
      '--json',
    ]);
    assert.equal(sealing.exitCode, 0, sealing.stderr);
    assert.match(sealing.stderr, /link left out: it is no regular file/);
    assert.equal(JSON.parse(sealing.stdout).encrypted.length, 3);
    for (const [key, to] of [
      [ALIAS, 'one'],
      [BACKUP, 'two'],
    ] as const) {
      const { exitCode, stderr } = await run(['decrypt', here.at('out'), '-o', here.at(to), '--allow', key]);
      assert.equal(exitCode, 0, stderr);
      for (const [name, text] of Object.entries(files)) {
        assert.deepEqual(here.read(name.replace('in', to)), Buffer.from(text));
      }
    }
  });

  test('patterns in quotes; what is there already is refused, left out, or replaced', async () => {
    const here = place();
    for (const name of ['a.csv', 'b.txt', 'deep/c.csv']) here.write(name, name);
    const encrypt = (...flags: string[]) =>
      run(['encrypt', `${here.directory}/**/*.csv`, '--key', ALIAS, ...flags]);
    assert.match((await encrypt()).stdout, /2 of 2 files encrypted/);
    assert.deepEqual(here.names(), ['a.csv', 'a.csv.kenv', 'b.txt', 'deep/c.csv', 'deep/c.csv.kenv']);
    const before = here.read('a.csv.kenv');
    const refused = await encrypt();
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stderr, /a\.csv\.kenv and 1 more exist already: --force/);
    assert.deepEqual(here.read('a.csv.kenv'), before);
    assert.equal((await encrypt('--force')).exitCode, 0);
    assert.notDeepEqual(here.read('a.csv.kenv'), before);
    here.write('deep/d.csv', 'd');
    assert.match((await encrypt('--skip-existing')).stdout, /d\.csv -> .*d\.csv\.kenv\n$/);
  });

  test('a range, read without the rest', async () => {
    const bytes = content(300_000);
    const { file, at, read } = await sealed(bytes);
    const range = (text: string) => run(['decrypt', file, '--range', text, '-o', at(text), ANY]);
    for (const [text, part] of [
      ['70000-70009', bytes.subarray(70_000, 70_010)],
      ['299990-', bytes.subarray(299_990)],
      ['-5', bytes.subarray(-5)],
      ['0-0', bytes.subarray(0, 1)],
    ] as const) {
      const { exitCode, stderr } = await range(text);
      assert.equal(exitCode, 0, stderr);
      assert.deepEqual(read(text), part);
    }
    for (const text of ['5-4', '-0', '300001-']) assert.equal((await range(text)).exitCode, 2, text);
    assert.ok(!existsSync(at('300001-')));
  });

  test('the context belongs to the file, stored or not', async () => {
    const stored = await sealed(content(10), '--context', 'app=demo', '--context', 'n=1');
    assert.equal((await run(['decrypt', stored.file, '-o', stored.at('back'), ANY])).exitCode, 0);
    const other = await run(['decrypt', stored.file, '-o', stored.at('b2'), ANY, '--context', 'app=x']);
    assert.deepEqual([other.exitCode, /not the one that was given/.test(other.stderr)], [2, true]);
    const hidden = await sealed(content(10), '--context', 'app=demo', '--no-store-context');
    const without = await run(['decrypt', hidden.file, '-o', hidden.at('back'), ANY]);
    assert.match(without.stderr, /try: .*--context name=value/);
    const given = ['decrypt', hidden.file, '-o', hidden.at('back'), ANY, '--context', 'app=demo'];
    assert.equal((await run(given)).exitCode, 0);
  });

  test('a recovery key opens a file without KMS', async () => {
    const pair = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const keys = place();
    const publicKey = keys.write('public.pem', pair.publicKey);
    const { file, at, read } = await sealed(content(10), '--recovery-public-key', publicKey);
    const privateKey = keys.write('private.pem', pair.privateKey);
    const gone = ['--endpoint', 'http://127.0.0.1:9', '--recovery-key', privateKey];
    const { exitCode, stderr } = await run(['decrypt', file, '-o', at('back'), ...gone]);
    assert.deepEqual([exitCode, stderr], [0, '']);
    assert.deepEqual(read('back'), content(10));
  });
});
