import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startNode } from './test-kit/cli-process.ts';

const QUICKSTART = fileURLToPath(new URL('quickstart.ts', import.meta.url));

describe('quickstart', () => {
  let dataDir: string;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'keyhold-quickstart-'));
  });
  after(() => rm(dataDir, { recursive: true }));

  const start = (...args: string[]) =>
    // Credentials for another service, as they often stand in a person's shell.
    startNode([QUICKSTART, ...args], {
      KEYHOLD_DATA_DIR: dataDir,
      KEYHOLD_LISTEN: '127.0.0.1:0',
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'of-another-service',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'of-another-service',
    });

  test('tells the story with real commands, goes on serving, and ends cleanly', async () => {
    const { child, line, ended } = start();
    await line(/Control-C stops it/);
    child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await ended;
    assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });

    const commands = [...stdout.matchAll(/^\$ (.*(?:\n {4}.*)*)$/gm)].map(([, command]) => command ?? '');
    const steps = [
      /^export KEYHOLD_ENDPOINT=/,
      /^unset ALIBABA/,
      /CreateKey/,
      /CreateAlias/,
      /GenerateDataKey.*\|\n.* encrypt /,
      /Decrypt/,
      /^cmp /,
      /trail show/,
      /trail verify/,
    ];
    for (const step of steps)
      assert.ok(
        commands.some((command) => step.test(command)),
        String(step),
      );
    assert.match(stdout, /the same, byte for byte/);
    assert.match(stdout, /Decrypt +ok/);
    assert.match(stdout, /is whole/);

    const { AccessKeySecret } = JSON.parse(await readFile(join(dataDir, 'root-access-key.json'), 'utf8'));
    assert.ok(!stdout.includes(AccessKeySecret));
    for (const command of commands) assert.doesNotMatch(command, /--(Plaintext|CiphertextBlob) /);
  });

  test('--once ends after the story; a second run takes up the key of the first', async () => {
    const { exitCode, stdout } = await start('--once').ended;
    assert.equal(exitCode, 0);
    assert.match(stdout, /alias\/Apollo\/WorkKey is there from an earlier run/);
    assert.doesNotMatch(stdout, /call CreateKey/);
    assert.match(stdout, /the same, byte for byte/);
  });
});

test('where the file came back changed, or the key is another, decryption refuses', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'keyhold-envelope-'));
  const path = (name: string) => join(directory, name);
  const envelope = (stdin: object, ...args: string[]) =>
    startNode(
      [fileURLToPath(new URL('../../../examples/envelope.mjs', import.meta.url)), ...args],
      {},
      JSON.stringify(stdin),
    ).ended;
  const key = { Plaintext: Buffer.alloc(32, 1).toString('base64'), CiphertextBlob: 'AQID' };
  const other = { Plaintext: Buffer.alloc(32, 2).toString('base64') };
  try {
    assert.equal((await envelope(key, 'encrypt', QUICKSTART, path('encrypted'))).exitCode, 0);
    assert.equal((await envelope({}, 'data-key', path('encrypted'))).stdout, 'AQID\n');
    assert.equal((await envelope(other, 'decrypt', path('encrypted'), path('out'))).exitCode, 1);
    assert.equal((await envelope(key, 'decrypt', path('encrypted'), path('out'))).exitCode, 0);
    assert.deepEqual(await readFile(path('out')), await readFile(QUICKSTART));
  } finally {
    await rm(directory, { recursive: true });
  }
});
