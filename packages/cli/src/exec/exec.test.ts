import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { KEYHOLD, startNode } from '../test-kit/cli-process.ts';
import { ALIAS, twoRegions } from '../test-kit/two-regions.ts';

const kms = await twoRegions();
after(() => kms[Symbol.asyncDispose]());
const { run, start, place } = kms;

const SECRET = 'correct horse battery staple';
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** An env file whose secret is a ciphertext of KMS. */
async function envFile() {
  const here = place();
  const parameters = { KeyId: ALIAS, Plaintext: SECRET };
  const { CiphertextBlob } = (await kms.server.call('Encrypt', parameters)).body;
  return { ...here, env: here.write('env', `PASSWORD=kms:${CiphertextBlob}\nUSER_NAME=scott\n`) };
}

/** What a program sees of itself and of keyhold above it: digests and yes or no, never the secret. */
const LOOK = `
  const { readFileSync } = require('node:fs');
  const { createHash } = require('node:crypto');
  const above = (name) => readFileSync('/proc/' + process.ppid + '/' + name, 'latin1');
  const { PASSWORD, USER_NAME } = process.env;
  console.log(JSON.stringify({
    password: createHash('sha256').update(PASSWORD).digest('hex'),
    user: USER_NAME,
    seen: ['cmdline', 'environ'].filter((name) => above(name).includes(PASSWORD)),
    arguments: readFileSync('/proc/self/cmdline', 'latin1').includes(PASSWORD),
  }));
  process.exit(7);`;

describe('keyhold exec', { concurrency: 4, timeout: 60_000 }, () => {
  test('the program alone gets the values, and its exit code is passed on', async () => {
    const { env, names } = await envFile();
    const { exitCode, stdout, stderr } = await run([
      'exec',
      '--env-file',
      env,
      '--',
      process.execPath,
      '-e',
      LOOK,
    ]);
    assert.equal(stderr, '');
    assert.deepEqual(JSON.parse(stdout), {
      password: digest(SECRET),
      user: 'scott',
      seen: [],
      arguments: false,
    });
    assert.equal(exitCode, 7);
    assert.deepEqual(names(), ['env']);
  });

  test('encrypted files: the env file itself, and values', async () => {
    const here = place();
    here.write('value', 'from a file\n'); // as echo writes it
    here.write('env', 'VALUE=file:value.kenv\nOTHER=1\n');
    for (const name of ['value', 'env']) await run(['encrypt', here.at(name), '--key', ALIAS]);
    const print = [process.execPath, '-e', 'console.log(process.env.VALUE, process.env.OTHER)'];
    const { stdout, stderr } = await run([
      'exec',
      '--env-file',
      here.at('env.kenv'),
      '--allow',
      ALIAS,
      '--',
      ...print,
    ]);
    assert.equal(stdout, 'from a file 1\n', stderr);
    here.write('other', 'OK=1\nVALUE=file:nothing.kenv\n');
    const missing = await run(['exec', '-e', here.at('other'), '--', ...print]);
    assert.match(missing.stderr, /^error: .*other: VALUE: ENOENT.*nothing\.kenv/);
    const unlisted = await run(['exec', '--env-file', here.at('env.kenv'), '--', ...print]);
    assert.deepEqual([unlisted.exitCode, unlisted.stdout], [125, '']);
    assert.match(unlisted.stderr, /^error: .*env\.kenv: no key that may be used/);
  });

  test('Node looks for --env-file on this command line, too: what it finds there does not reach the program', async () => {
    const { env, at } = await envFile();
    await run(['encrypt', env, '--key', ALIAS, '--format', 'sample']);
    const print = [process.execPath, '-e', 'console.log(JSON.stringify(Object.keys(process.env)))'];
    const namesBy = async (...flags: string[]) =>
      JSON.parse((await run(['exec', ...flags, '--allow', ALIAS, '--', ...print])).stdout).sort();
    const expected = await namesBy('-e', env);
    assert.ok(expected.includes('PASSWORD'));
    assert.deepEqual(await namesBy('--env-file', env), expected);
    assert.deepEqual(await namesBy('--env-file', at('env.sample')), expected);
  });

  test('125, 126, 127: nothing was started, it cannot be run, it is not there; nothing is quoted', async () => {
    const { env, write } = await envFile();
    const wrong = write('wrong', `PASSWORD=kms:AAAA\nX=${SECRET}`);
    for (const [file, program, code] of [
      [wrong, 'true', 125],
      ['/nonexistent', 'true', 125],
      [env, write('no-program', ''), 126],
      [env, 'there-is-no-such-program', 127],
    ] as const) {
      const { exitCode, stdout, stderr } = await run(['exec', '-e', file, '--', program]);
      assert.deepEqual([exitCode, stdout], [code, ''], stderr);
      assert.match(stderr, /^error: /);
      assert.ok(!stderr.includes(SECRET));
    }
  });

  test('what commander refuses started nothing either; and the help is no failure', async () => {
    for (const [words, said] of [
      [['-e', 'env'], /missing required argument 'program'\nsee keyhold exec --help\n$/],
      [['--', 'true'], /required option '-e, --env-file <file>' not specified/],
      [['-e', 'env', '--nonsense', '--', 'true'], /unknown option '--nonsense'/],
      [['-e', '.', '--', 'true'], /^error: \. is a directory\n$/],
    ] as const) {
      const { exitCode, stderr } = await run(['exec', ...words]);
      assert.match(stderr, said);
      assert.equal(exitCode, 125);
    }
    assert.equal((await run(['exec', '--help'])).exitCode, 0);
  });

  test('a program that is not there', async () => {
    const { env } = await envFile();
    const { stderr } = await run(['exec', '-e', env, '--', 'there-is-no-such-program']);
    assert.equal(stderr, 'error: there-is-no-such-program: not found\n');
  });

  test('ciphertexts of two regions in one file; one that does not open is named with its file', async () => {
    const here = place();
    const encrypted = async (RegionId: string, KeyId: string, EncryptionContext?: string) => {
      const parameters = {
        RegionId,
        KeyId,
        Plaintext: RegionId,
        ...(EncryptionContext && { EncryptionContext }),
      };
      return (await kms.server.call('Encrypt', parameters)).body.CiphertextBlob;
    };
    const near = await encrypted('cn-hangzhou', ALIAS);
    const far = await encrypted('cn-shanghai', 'alias/Apollo/Backup');
    const bound = await encrypted('cn-hangzhou', ALIAS, '{"a":"1"}');
    here.write('env', `NEAR=kms:${near}\nFAR=kms:cn-shanghai:${far}\n`);
    const print = ['--', process.execPath, '-p', 'process.env.NEAR + process.env.FAR'];
    const { stdout, stderr } = await run(['exec', '-e', here.at('env'), ...print]);
    assert.equal(stdout, 'cn-hangzhoucn-shanghai\n', stderr);
    here.write('wrong', `NEAR=kms:${near}\nBOUND=kms:${bound}\n`);
    const wrong = await run(['exec', '-e', here.at('wrong'), ...print]);
    assert.match(wrong.stderr, /^error: .*wrong: BOUND: InvalidParameter(?:.|\n)*try: is --context the one/);
    assert.equal(wrong.exitCode, 125);
  });

  test('signals go to the program, and its end by a signal is that of keyhold', async () => {
    const { env } = await envFile();
    const wait = `process.on('SIGTERM', () => { console.log('told'); process.kill(process.pid, 'SIGKILL') });
      setInterval(() => {}, 1000); console.log('ready');`;
    const { child, line, ended } = start(['exec', '--env-file', env, '--', process.execPath, '-e', wait]);
    await line(/ready/);
    child.kill('SIGTERM');
    assert.match((await ended).stdout, /told/);
    assert.equal(child.signalCode, 'SIGKILL');
  });

  test('stdin, stdout and further arguments are those of the program', async () => {
    const { env } = await envFile();
    const args = ['exec', '--env-file', env, 'cat', '--', '-'];
    const { stdout } = await startNode([KEYHOLD, ...args], kms.environment, 'through').ended;
    assert.equal(stdout, 'through');
  });
});
