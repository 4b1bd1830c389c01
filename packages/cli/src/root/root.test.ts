import assert from 'node:assert/strict';
import { mkdtempDisposable, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { keyhold, type ServerProcess, serveProcess } from '../test-kit/cli-process.ts';

let server: ServerProcess;
before(async () => {
  server = await serveProcess();
});
after(() => server[Symbol.asyncDispose]());

const root = (args: readonly string[], environment = {}, stdin = '') =>
  keyhold(['root', ...args], { ...server.environment, ...environment }, stdin);

async function done(args: readonly string[], environment = {}, stdin = ''): Promise<string> {
  const { exitCode, stdout, stderr } = await root(args, environment, stdin);
  assert.deepEqual([exitCode, stderr], [0, ''], args.join(' '));
  return stdout;
}

test('the whole way on a running server: shares, a passphrase instead of the file, both lost, and back', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'keyhold-root-'));
  const [out, passphrase] = [join(directory.path, 'shares'), join(directory.path, 'passphrase')];
  assert.match(await done(['status']), /^ {2}file +opens: .*root-key; the server opens with it$/m);

  assert.match(
    await done(['shares', '--out', out]),
    /any 3 of them open every key\..*\nBackups made before do not open this way/s,
  );
  const files = (await readdir(out)).sort().map((name) => join(out, name));
  assert.equal(files.length, 5);
  for (const file of files) assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.match(await done(['recover', '--check', '--share', ...files.slice(1, 4)]), /They open: 3 shares/);
  const typed = await Promise.all(files.slice(2).map((file) => readFile(file, 'utf8')));
  assert.match(await done(['recover', '--check'], {}, typed.join('')), /They open/);
  const careless = typed
    .join('\n')
    .replace(/^#.*$/gm, '')
    .toLowerCase()
    .replaceAll(' ', '-')
    .replaceAll('0', 'o');
  assert.match(await done(['recover', '--check'], {}, careless), /They open/);

  await writeFile(passphrase, 'correct horse battery\n', { mode: 0o600 });
  const byPassphrase = ['--to', 'passphrase', '--passphrase-file', passphrase, '--remove-old'];
  const said = await done(['rewrap', ...byPassphrase]);
  assert.match(
    said,
    /passphrase: a new way in\.\nRemoved: file\..*\nBackups made before do .*\n.*needs KEYHOLD_ROOT_KEY=passphrase/,
  );
  const settings = { KEYHOLD_ROOT_PASSPHRASE_FILE: passphrase };
  const repeated = await done(['rewrap', ...byPassphrase], settings);
  assert.match(repeated, /a way in, as before/);
  assert.doesNotMatch(repeated, /Backups/);
  assert.match(await done(['status'], settings), /^ {2}passphrase +opens.*\n {2}shares +any 3 of 5, set /m);
  assert.equal((await root(['status'])).exitCode, 1, 'the root key file opens no longer');

  await rm(passphrase);
  await rm(join(server.dataDir, 'root-key'));
  const lost = await root(['rewrap', '--to', 'file']);
  assert.match(
    lost.stderr,
    /^error: nothing that is here opens the domain key.*; run keyhold root recover with recovery shares$/m,
  );
  assert.match(
    await done(['recover', '--to', 'file', '--remove-old', '--share', ...files.slice(0, 3)]),
    /a new way in/,
  );
  assert.match(await done(['status']), /^ {2}file +opens/m);
  const called = await keyhold(['call', 'CreateKey'], server.environment);
  assert.equal(called.exitCode, 0, called.stderr);

  const again = await root(['shares', '--out', out]);
  assert.match(again.stderr, /there are shares already; with --remove-old/);
  await done(['shares', '--out', out, '--shares', '2', '--threshold', '2', '--remove-old']);
  const outdated = await root(['recover', '--check', '--share', ...files.slice(0, 3)]);
  assert.match(outdated.stderr, /the shares are of set [0-9a-f]{8}; .* takes those of set [0-9a-f]{8}/);
});

describe('wrong usage ends with 2 and says what is wrong', () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['rewrap', '--to', 'paper'], /--to: file, passphrase, token is expected/],
    [['rewrap', '--to', 'passphrase'], /--passphrase-file, or KEYHOLD_ROOT_PASSPHRASE_FILE, is needed/],
    [['recover'], /either --to or --check is needed/],
    [['recover', '--to', 'file', '--check'], /either --to or --check/],
    [['shares', '--out', '/tmp/x', '--shares', '1'], /--shares: a number from 2 to 32/],
    [['shares', '--out', '/tmp/x', '--shares', '3', '--threshold', '4'], /--threshold: a number from 2 to 3/],
    [['shares'], /shares are shown at a terminal only/],
  ];
  for (const [args, said] of cases) {
    test(`keyhold root ${args.join(' ')}`, async () => {
      const { exitCode, stdout, stderr } = await root(args);
      assert.match(stderr, said);
      assert.deepEqual([exitCode, stdout], [2, '']);
    });
  }

  test('no database', async () => {
    const { exitCode, stderr } = await root(['status'], { KEYHOLD_DATA_DIR: '/nonexistent' });
    assert.match(stderr, /there is no database in \/nonexistent/);
    assert.equal(exitCode, 2);
  });
});
