import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { ROOT } from '../../../../test/server.ts';
import { KEYHOLD, keyhold } from '../test-kit/cli-process.ts';
import { ALIAS, twoRegions } from '../test-kit/two-regions.ts';

const kms = await twoRegions();
after(() => kms[Symbol.asyncDispose]());
const { accessKeyId, accessKeySecret } = ROOT;

/** Somebody who has a home and nothing else. */
function somebody() {
  const here = kms.place();
  const environment = { HOME: here.directory };
  const file = '.keyhold/config.json';
  return {
    ...here,
    environment,
    path: join(here.directory, file),
    profiles: () => JSON.parse(here.read(file).toString()),
    run: (args: readonly string[], stdin = '') => keyhold(args, environment, stdin),
  };
}

const SET = ['configure', 'set', '--access-key-id', accessKeyId, '--access-key-secret-file', '-'];

describe('keyhold configure', { concurrency: 4, timeout: 60_000 }, () => {
  test('a profile without questions serves every command; nobody else can read it', async () => {
    const { run, path, at, write, profiles } = somebody();
    const set = await run([...SET, '--endpoint', kms.server.url, '--key', ALIAS], `${accessKeySecret}\n`);
    assert.equal(set.exitCode, 0, set.stderr);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(profiles(), {
      current: 'default',
      profiles: [
        {
          mode: 'AK',
          name: 'default',
          endpoint: kms.server.url,
          access_key_id: accessKeyId,
          access_key_secret: accessKeySecret,
          keys: [ALIAS],
        },
      ],
    });
    write('plain', 'x');
    assert.equal((await run(['encrypt', at('plain')])).exitCode, 0);
    const decrypted = await run(['decrypt', at('plain.kenv'), '-o', '-']);
    assert.equal(decrypted.stdout, 'x');
    assert.equal(decrypted.stderr, `using the profile default of ${path}\n`);
    assert.equal((await run(['call', 'ListKeys'])).exitCode, 0);
    const list = await run(['configure', 'list']);
    assert.match(list.stdout, /^\* default +AK +http:.*LTAItestroot +alias\/Apollo\/WorkKey\n$/m);
    assert.ok(!list.stdout.includes(accessKeySecret));
  });

  test('profiles side by side: named, current, and changed; secrets are kept', async () => {
    const { run, profiles } = somebody();
    await run([...SET, '--profile', 'one', '--endpoint', kms.server.url], accessKeySecret);
    await run([...SET, '--profile', 'two', '--endpoint', 'http://127.0.0.1:9'], 'other');
    assert.equal((await run(['call', 'ListKeys'])).exitCode, 0);
    assert.equal((await run(['call', 'ListKeys', '--profile', 'two'])).exitCode, 3);
    assert.equal((await run(['configure', 'use', 'two'])).exitCode, 0);
    assert.equal((await run(['call', 'ListKeys'])).exitCode, 3);
    assert.equal((await run(['call', 'ListKeys', '--profile', 'one'])).exitCode, 0);
    await run(['configure', 'set', '--profile', 'two', '--endpoint', '', '--region', 'cn-shanghai']);
    const [, two] = profiles().profiles;
    assert.deepEqual(
      [two.endpoint, two.region_id, two.access_key_secret],
      [undefined, 'cn-shanghai', 'other'],
    );
    assert.equal((await run(['configure', 'delete', 'two'])).exitCode, 0);
    assert.match(
      (await run(['call', 'ListKeys', '--profile', 'two'])).stderr,
      /has no profile two \(it has one\)/,
    );
  });

  test('a profile that nobody named stays out of the way of another server', async () => {
    const { run, environment } = somebody();
    await run([...SET, '--endpoint', 'http://127.0.0.1:9'], 'wrong');
    const env = { ...kms.environment, ...environment };
    const { exitCode, stderr } = await keyhold(['call', 'ListKeys'], env);
    assert.deepEqual([exitCode, stderr], [0, '']);
  });

  test('what cannot work is refused, and nothing is stored', async () => {
    const { run, names } = somebody();
    for (const [flags, said] of [
      [['--endpoint', 'kms.example'], /--endpoint: the endpoint "kms\.example" is not like http/],
      [['--ca-file', '/nonexistent'], /--ca-file: ENOENT/],
      [['--key', 'a b'], /--key: "a b" names no key/],
      [['--mode', 'x'], /AK, StsToken, RamRoleArn is expected/],
      [['--profile', '../x', '--region', 'r'], /a name has letters/],
      [['--access-key-secret-file', '-'], /one line is expected/],
      [[], /say what to set/],
    ] as const) {
      const { exitCode, stderr } = await run(['configure', 'set', ...flags]);
      assert.deepEqual([exitCode, said.test(stderr)], [2, true], stderr);
    }
    assert.deepEqual(names(), []);
  });

  test('asks at a terminal, and does not show the secret', async () => {
    const { environment, profiles } = somebody();
    const command = `${process.execPath} ${KEYHOLD} configure`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      env: { PATH: process.env.PATH, TERM: 'dumb', ...environment },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const answers: [RegExp, string][] = [
      [/Endpoint.*: $/, 'kms.example'],
      [/is not like http(?:.|\r|\n)*Endpoint.*: $/, kms.server.url],
      [/CA.*: $/, '/nonexistent'],
      [/ENOENT(?:.|\r|\n)*CA.*: $/, ''],
      [/Region.*: $/, 'cn-hangzhou'],
      [/AccessKeyId.*: $/, accessKeyId],
      [/AccessKeySecret.*: $/, accessKeySecret],
      [/Keys.*: $/, `${ALIAS} cn-shanghai:alias/Apollo/Backup`],
    ];
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      const [question, answer] = answers[0] ?? [];
      if (question?.test(shown)) {
        answers.shift();
        child.stdin.write(`${answer}\r`);
      }
    });
    const [code] = await once(child, 'close');
    assert.equal(code, 0, shown);
    assert.ok(!shown.includes(accessKeySecret), shown);
    const [profile] = profiles().profiles;
    assert.deepEqual(profile, {
      mode: 'AK',
      name: 'default',
      endpoint: kms.server.url,
      region_id: 'cn-hangzhou',
      access_key_id: accessKeyId,
      access_key_secret: accessKeySecret,
      keys: [ALIAS, 'cn-shanghai:alias/Apollo/Backup'],
    });
  });

  test('Control-C ends the questions with a line of its own, and the process by its signal', async () => {
    const { environment, names } = somebody();
    const command = `${process.execPath} ${KEYHOLD} configure; echo "code $?"`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      env: { PATH: process.env.PATH, TERM: 'dumb', ...environment },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (!shown.includes('Endpoint') && `${shown}${text}`.includes('Endpoint')) child.stdin.write('\x03');
      shown += text;
    });
    await once(child, 'close');
    assert.match(shown, /Endpoint.*: \r\nended: nothing was stored\r\n(\^C)?\s*code 130\r\n$/);
    assert.deepEqual(names(), []);
  });
});
