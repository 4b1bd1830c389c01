import assert from 'node:assert/strict';
import {
  chownSync,
  linkSync,
  lstatSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { inspectFile } from '@keyhold/client/envelope/file/inspect-file.ts';
import { ALIAS, BACKUP, content, type Place, sealedBy, twoRegions } from '../test-kit/two-regions.ts';

const kms = await twoRegions();
after(() => kms[Symbol.asyncDispose]());
const { run, place } = kms;
const LARGE = 300_000;
/** As a caller who is nobody: listing needs no server. */
const NOBODY = ['--endpoint', 'http://127.0.0.1:9'];

const cmksOf = (path: string): string[] =>
  inspectFile(path).recipients.flatMap((each) => ('cmk' in each ? [each.cmk] : []));
const versionOf = (path: string): string =>
  inspectFile(path).recipients.flatMap((each) => ('cmk' in each ? [each.keyVersionId] : []))[0] ?? '';

/** Files `in/<name>` as they come from `keyhold encrypt` in `sealed/<name>.kenv`. */
async function sealedIn(here: Place, files: Record<string, Buffer>, key = ALIAS): Promise<string> {
  for (const [name, bytes] of Object.entries(files)) here.write(`${key}/${name}`, bytes);
  const { exitCode, stderr } = await run(['encrypt', here.at(key), '-o', here.at('sealed'), '--key', key]);
  assert.equal(exitCode, 0, stderr);
  return here.at('sealed');
}

describe('re-encrypt', { concurrency: 2, timeout: 120_000 }, () => {
  test('files that fail, among many others, do no harm to those', async () => {
    const here = place();
    const numbers = Array.from({ length: 60 }, (_, i) => i);
    const bytesOf = (i: number): Buffer => content(LARGE + i);
    const filesOf = (rest: number) =>
      Object.fromEntries(numbers.filter((i) => i % 2 === rest).map((i) => [`${i}`, bytesOf(i)]));
    await sealedIn(here, filesOf(0));
    const sealed = await sealedIn(here, filesOf(1), BACKUP);
    const before = numbers.map((i) => here.read(`sealed/${i}.kenv`));
    const { exitCode, stderr, stdout } = await run([
      're-encrypt',
      sealed,
      '--to',
      kms.work,
      '--allow',
      ALIAS,
    ]);
    assert.equal(exitCode, 2, stderr);
    assert.match(stdout, /30 of 60 files re-encrypted/);
    for (const line of stderr.split('\n').filter((line) => line.startsWith('error: ')))
      assert.match(line, /no key that may be used|more files failed/);
    for (const i of numbers) {
      const now = here.read(`sealed/${i}.kenv`);
      assert.equal(now.equals(before[i] ?? now), i % 2 === 1, `${i}`);
    }
    await run(['decrypt', sealed, '-o', here.at('back'), '--allow', ALIAS]);
    assert.deepEqual(
      readdirSync(here.at('back')).sort(),
      numbers
        .filter((i) => i % 2 === 0)
        .map(String)
        .sort(),
    );
    for (const name of readdirSync(here.at('back')))
      assert.ok(here.read(`back/${name}`).equals(bytesOf(Number(name))), name);
  });

  test('--depends-on takes versions, key ids, ARNs and aliases, and refuses what is none of them', async () => {
    const here = place();
    const sealed = await sealedIn(here, { a: content(1) });
    await sealedIn(here, { b: content(1) }, BACKUP);
    const [a, b] = [`${sealed}/a.kenv`, `${sealed}/b.kenv`];
    const list = (word: string, ...flags: string[]) =>
      run(['re-encrypt', sealed, '--depends-on', word, ...flags]);
    for (const [word, path] of [
      [versionOf(a), a],
      [kms.work, a],
      [kms.work.split('/')[1] ?? '', a],
      [kms.backup, b],
    ] as const) {
      assert.deepEqual(await list(word, ...NOBODY), { exitCode: 0, stdout: `${path}\n`, stderr: '' }, word);
    }
    assert.equal((await list(ALIAS)).stdout, `${a}\n`);
    assert.equal((await list(BACKUP)).stdout, `${b}\n`);
    for (const word of ['aliases/x', '0123', `${versionOf(a)}x`, '', 'a b']) {
      const { exitCode, stderr, stdout } = await list(word, ...NOBODY);
      assert.deepEqual([exitCode, stdout, /--depends-on takes/.test(stderr)], [2, '', true], stderr);
    }
    assert.equal((await list('alias/unknown')).exitCode, 1);
    const none = await list('00000000-0000-4000-8000-000000000000', ...NOBODY);
    assert.deepEqual([none.exitCode, none.stdout], [0, '']);
    assert.match(none.stderr, /none of 2 envelopes depends on it/);
    const moved = await list('00000000-0000-4000-8000-000000000000', '--to', ALIAS, '--allow', ALIAS);
    assert.match(moved.stderr, /none of 2 envelopes depends on it/);
  });

  test('what is not looked into is told, what cannot be is named, and the others are listed', async () => {
    const here = place();
    const sealed = await sealedIn(here, { a: content(1), b: content(1), c: content(1) });
    truncateSync(`${sealed}/b.kenv`, 100);
    symlinkSync('nowhere', `${sealed}/link`);
    for (const format of ['sample', 'sdk']) {
      const [from, to] = [here.at(`${ALIAS}/a`), `${sealed}/a.${format}`];
      const { exitCode, stderr } = await run(['encrypt', from, '-o', to, '--key', ALIAS, '--format', format]);
      assert.equal(exitCode, 0, stderr);
    }
    here.write('sealed/plain', 'text');
    const listed = await run(['re-encrypt', sealed, '--depends-on', kms.work, ...NOBODY]);
    assert.equal(listed.stdout, `${sealed}/a.kenv\n${sealed}/c.kenv\n`);
    assert.match(listed.stderr, /note: 2 files in other formats left out/);
    assert.match(listed.stderr, /^error: .*b\.kenv: /m);
    assert.equal(listed.exitCode, 4);
    for (const args of [
      ['re-encrypt', '--to', ALIAS],
      ['rewrap', '--renew'],
    ] as const) {
      const [command, ...flags] = args;
      const { exitCode, stderr, stdout } = await run([command, sealed, ...flags, '--allow', ALIAS]);
      assert.match(stdout, /2 of 3 files re/);
      assert.match(stderr, /^error: .*b\.kenv: /m);
      assert.equal(exitCode, 4);
    }
  });

  test('one that cannot be opened does not stop the others', async () => {
    const here = place();
    const sealed = await sealedIn(here, { a: content(1) });
    writeFileSync(
      Buffer.concat([Buffer.from(`${sealed}/latin-`), Buffer.from([0xe9])]),
      here.read('sealed/a.kenv'),
    );
    for (const command of [
      ['rewrap', '--renew'],
      ['re-encrypt', '--to', ALIAS],
      ['re-encrypt', '--depends-on', kms.work],
    ] as const) {
      const [name, ...flags] = command;
      const { exitCode, stderr, stdout } = await run([name, sealed, ...flags, '--allow', ALIAS]);
      assert.ok(stdout.startsWith(`${sealed}/a.kenv\n`), stderr);
      assert.match(stderr, /^error: .*latin-\ufffd: the name .* is not UTF-8: rename it$/m);
      assert.equal(exitCode, 1);
    }
  });

  test('names are listed as they are, one on a line or with a zero byte', async () => {
    const here = place();
    const sealed = await sealedIn(here, { 'a\u202eb c': content(1), d: content(1) });
    const list = (...flags: string[]) =>
      run(['re-encrypt', sealed, '--depends-on', kms.work, ...flags, ...NOBODY]);
    assert.equal((await list()).stdout, `${sealed}/a\u202eb c.kenv\n${sealed}/d.kenv\n`);
    assert.equal((await list('-0')).stdout, `${sealed}/a\u202eb c.kenv\0${sealed}/d.kenv\0`);
  });

  test('keeps mode and owner, and refuses one of several hard links', async () => {
    const { file, at } = await sealedBy(kms, content(10));
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(file, 1234, 1235);
    const { uid, gid, mode, ino } = statSync(file);
    const anew = () => run(['re-encrypt', file, '--to', BACKUP, '--allow', ALIAS, '--allow', BACKUP]);
    assert.equal((await anew()).exitCode, 0);
    const now = statSync(file);
    assert.notEqual(now.ino, ino);
    assert.deepEqual([now.uid, now.gid, now.mode], [uid, gid, mode]);
    linkSync(file, at('other'));
    const { exitCode, stderr } = await anew();
    assert.deepEqual([exitCode, /one of 2 hard links/.test(stderr)], [2, true], stderr);
    assert.equal(lstatSync(file).nlink, 2);
  });
});

describe('a file that an interrupted rewrap left', { timeout: 60_000 }, () => {
  test('is inspected and re-encrypted by the header of its side file', async () => {
    const { file, read, write, at, names } = await sealedBy(kms, content(1_100_000));
    const header = read('plain.kenv').subarray(0, 4096);
    write('plain.kenv.kenv-header', header);
    const torn = read('plain.kenv');
    torn.fill(0xff, 84, 4096);
    write('plain.kenv', torn);
    const inspected = await run(['inspect', file]);
    assert.deepEqual([inspected.exitCode, inspected.stdout.includes(kms.work)], [0, true], inspected.stderr);
    const { exitCode, stderr } = await run(['re-encrypt', file, '--to', BACKUP, '--allow', ALIAS]);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(cmksOf(file), [kms.backup]);
    assert.deepEqual(names(), ['plain', 'plain.kenv']);
    await run(['decrypt', file, '-o', at('back'), '--allow', BACKUP]);
    assert.ok(read('back').equals(content(1_100_000)));
  });

  test('and a file that is named twice is rewrapped once', async () => {
    const { file, directory } = await sealedBy(kms, content(1_100_000));
    symlinkSync(file, join(directory, 'link'));
    const twice = ['rewrap', directory, file, join(directory, 'link'), '--renew', '--allow', ALIAS];
    const { exitCode, stderr, stdout } = await run(twice);
    assert.deepEqual([exitCode, stdout], [0, `${file}\n`], stderr);
  });
});
