import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { KEYHOLD } from '../test-kit/cli-process.ts';
import { ALIAS, BACKUP, content, sealedBy, twoRegions } from '../test-kit/two-regions.ts';

const kms = await twoRegions();
after(() => kms[Symbol.asyncDispose]());
const { run, place } = kms;
const sealed = (bytes: Buffer, ...flags: string[]) => sealedBy(kms, bytes, ...flags);

describe('what cannot end well is refused before anything is written', {
  concurrency: 4,
  timeout: 60_000,
}, () => {
  test('input as output, by name, by link, and behind redirections', async () => {
    const { file, plain, at } = await sealed(content(10));
    linkSync(plain, at('hard'));
    symlinkSync(plain, at('soft'));
    for (const to of [plain, at('hard'), at('soft')]) {
      const { exitCode, stderr } = await run(['encrypt', plain, '-o', to, '--force', '--key', ALIAS]);
      assert.deepEqual([exitCode, /is the output itself/.test(stderr)], [2, true], stderr);
    }
    const before = [plain, file].map((path) => readFileSync(path));
    for (const [command, path] of [
      [`encrypt - --key ${ALIAS} < "$2"`, plain],
      [`encrypt "$2" -o - --force --key ${ALIAS}`, plain],
      [`decrypt "$2" -o - --allow ${ALIAS}`, file],
      [`decrypt "$2" --range 0-5 --allow ${ALIAS}`, file],
    ] as const) {
      const args = ['-c', `"$0" "$1" ${command} >> "$2"`, process.execPath, KEYHOLD, path];
      assert.throws(
        () => execFileSync('sh', args, { env: kms.environment, stdio: 'pipe' }),
        /output itself/,
        command,
      );
    }
    assert.deepEqual(
      [plain, file].map((path) => readFileSync(path)),
      before,
    );
  });

  test('wrong words', async () => {
    const here = place();
    here.write('a/x', '1');
    for (const [args, said] of [
      [[here.at('nothing')], /there is no file/],
      [[here.at('a'), '--context', 'x', '--key', ALIAS], /name=value is expected/],
      [[here.at('a'), '--format', 'zip'], /Allowed choices are kenv, sample, sdk/],
      [[here.at('a')], /name a key: --key/],
      [[here.at('a'), '-o', '', '--key', ALIAS], /-o: a name is expected/],
      [[here.at('a/x'), '-o', '/dev/null', '--key', ALIAS], /is no regular file: use -o - > \/dev\/null/],
    ] as const) {
      const { exitCode, stderr } = await run(['encrypt', ...args]);
      assert.deepEqual([exitCode, said.test(stderr)], [2, true], stderr);
    }
    assert.deepEqual(here.names(), ['a/x']);
  });

  test('a key that was not allowed: the file cannot choose', async () => {
    const { file, at, names } = await sealed(content(10));
    const none = await run(['decrypt', file, '-o', at('back')]);
    assert.equal(none.exitCode, 2);
    assert.match(none.stderr, new RegExp(`try: --allow ${kms.work}`));
    const other = await run(['decrypt', file, '-o', at('back'), '--allow', BACKUP]);
    assert.equal(other.exitCode, 2);
    assert.deepEqual(names(), ['plain', 'plain.kenv']);
  });
});

describe('of a folder, what fails is named and the others are done', {
  concurrency: 2,
  timeout: 60_000,
}, () => {
  test('a name that is too long with its suffix, and one that is not UTF-8', async () => {
    const here = place();
    const long = 'l'.repeat(255);
    for (const name of ['short', long]) here.write(`in/${name}`, name);
    writeFileSync(Buffer.concat([Buffer.from(here.at('in/latin-')), Buffer.from([0xe9])]), 'text');
    const { exitCode, stdout, stderr } = await run(['encrypt', here.at('in'), '--key', ALIAS]);
    assert.match(stdout, /1 of 3 files encrypted/, stderr);
    assert.match(stderr, /^error: .*lll: ENAMETOOLONG/m);
    assert.match(stderr, /^error: .*latin-\ufffd: the name .* is not UTF-8: rename it$/m);
    assert.equal(exitCode, 1);
  });

  test('nothing left to do is said', async () => {
    const { file, plain } = await sealed(content(10));
    const again = await run(['encrypt', plain, '--skip-existing', '--key', ALIAS]);
    assert.deepEqual(again, {
      exitCode: 0,
      stdout: '0 of 0 files encrypted\n',
      stderr: 'note: 1 file left out: the output exists\n',
    });
    mkdirSync(`${plain}.d`);
    const empty = await run(['encrypt', `${plain}.d`, '--key', ALIAS]);
    assert.match(empty.stderr, /there is no file in .*plain\.d\n/);
    const done = await run(['encrypt', file.replace(/plain\.kenv$/, '*.kenv'), '--key', ALIAS]);
    assert.match(done.stderr, /no file to do this to in .*, but 1 file named \*\.kenv/);
  });
});
