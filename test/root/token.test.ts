import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { keyhold } from '@keyhold/cli/test-kit/cli-process.ts';
import { readConfig } from '@keyhold/server/config.ts';
import { newSoftHsm, type SoftHsm } from '@keyhold/server/hsm/test-kit/soft-hsm.ts';
import { startServer } from '@keyhold/server/main.ts';
import { pino } from 'pino';
import { startTestServer } from '../server.ts';

/** What is promised, from the token's return on. */
const OPEN_MS = 5000;

let hsm: SoftHsm;
before(() => {
  hsm = newSoftHsm();
});
after(() => hsm[Symbol.dispose]());

const tokenSettings = () => ({
  KEYHOLD_ROOT_KEY: 'token',
  KEYHOLD_HSM_LIBRARY: hsm.settings.library,
  KEYHOLD_HSM_TOKEN: 'keyhold test',
  KEYHOLD_HSM_PIN_FILE: hsm.settings.pinFile,
});
const health = async (url: string) => {
  const response = await fetch(`${url}/healthz`);
  return { status: response.status, body: await response.json() };
};

test('a token that is away at the start: the server waits, says so in every dialect, and opens by itself', async () => {
  await using server = await startTestServer(tokenSettings());
  const { body: made } = await server.call('CreateKey');
  const { KeyId } = made.KeyMetadata;
  const { body: encrypted } = await server.call('Encrypt', { KeyId, Plaintext: 'kept' });
  await server.stop();

  hsm.remove();
  await server.restart();
  assert.deepEqual(await health(server.url), {
    status: 503,
    body: { status: 'degraded', problems: ['root key: waiting for the token'] },
  });
  const refused = await server.call('Encrypt', { KeyId, Plaintext: 'x' });
  assert.deepEqual([refused.status, refused.body.Code], [503, 'ServiceUnavailableTemporary']);
  assert.match(refused.body.Message, /waits for its root key/);
  for (const [call, action] of [
    [server.ram, 'ListUsers'],
    [server.sts, 'GetCallerIdentity'],
  ] as const) {
    const { status, body } = await call(action);
    assert.deepEqual([status, body.Code, 'HostId' in body], [503, 'ServiceUnavailable', true], action);
  }
  assert.equal((await server.call('NoSuchAction')).body.Code, 'InvalidAction.NotFound');

  hsm.putBack();
  const back = performance.now();
  while ((await health(server.url)).status !== 200) {
    assert.ok(performance.now() - back < OPEN_MS, 'it opens within five seconds');
    await pause(50);
  }
  const { CiphertextBlob } = encrypted;
  assert.equal((await server.call('Decrypt', { CiphertextBlob })).body.Plaintext, 'kept');
});

test('while it waits, another way opens it: shares make a root key file on the side', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'keyhold-shares-'));
  await using server = await startTestServer(tokenSettings());
  const { SOFTHSM2_CONF = '' } = process.env;
  const environment = { KEYHOLD_DATA_DIR: server.dataDir, SOFTHSM2_CONF, ...tokenSettings() };
  const run = async (...args: string[]) => {
    const { exitCode, stderr } = await keyhold(['root', ...args], environment);
    assert.equal(exitCode, 0, stderr);
  };
  await run('shares', '--out', directory.path);
  await server.stop();
  hsm.remove();
  try {
    await server.restart();
    assert.equal((await health(server.url)).status, 503);
    const files = (await readdir(directory.path)).map((name) => join(directory.path, name));
    await run('recover', '--to', 'file', '--share', ...files.slice(0, 3));
    const made = performance.now();
    while ((await health(server.url)).status !== 200) {
      assert.ok(performance.now() - made < OPEN_MS);
      await pause(50);
    }
    assert.equal((await server.call('ListKeys')).status, 200);
    await server.stop();
  } finally {
    hsm.putBack();
  }
});

test('a new token of the same name is waited out as well, and the way by shares is named', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'keyhold-shares-'));
  await using server = await startTestServer(tokenSettings());
  const { SOFTHSM2_CONF = '' } = process.env;
  const environment = { KEYHOLD_DATA_DIR: server.dataDir, SOFTHSM2_CONF, ...tokenSettings() };
  const made = await keyhold(['root', 'shares', '--out', directory.path], environment);
  assert.equal(made.exitCode, 0, made.stderr);
  await server.stop();

  hsm.remove();
  const tokens = join(hsm.directory, 'tokens');
  mkdirSync(tokens);
  const token = ['--label', 'keyhold test', '--so-pin', 'pin-of-the-officer', '--pin', hsm.pin];
  execFileSync('softhsm2-util', ['--init-token', '--free', ...token], { stdio: 'ignore' });
  try {
    await server.restart();
    assert.equal((await health(server.url)).status, 503);
    const { exitCode, stderr } = await keyhold(['account', 'create', '--name', 'other'], environment);
    assert.equal(exitCode, 1);
    assert.match(stderr, /has no key that opens .*another token of that name.*run keyhold root recover/);
  } finally {
    rmSync(tokens, { recursive: true });
    hsm.putBack();
  }
  const back = performance.now();
  while ((await health(server.url)).status !== 200) {
    assert.ok(performance.now() - back < OPEN_MS);
    await pause(50);
  }
});

test('a very first start with the token away stops, and makes no key that a later one would miss', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'keyhold-first-'));
  const config = readConfig({
    KEYHOLD_DATA_DIR: directory.path,
    KEYHOLD_LISTEN: '127.0.0.1:0',
    ...tokenSettings(),
  });
  const start = () => startServer(config, pino({ level: 'silent' }));
  hsm.remove();
  await assert.rejects(start(), {
    name: 'StartError',
    message: /the token "keyhold test" .* is not available/,
  });
  hsm.putBack();
  await (await start()).close();
});

test('from a file to the token, and the file opens no longer', async () => {
  await using server = await startTestServer();
  const { body } = await server.call('CreateKey');
  const { KeyId } = body.KeyMetadata;
  const { body: encrypted } = await server.call('Encrypt', { KeyId, Plaintext: 'kept' });
  const { SOFTHSM2_CONF = '' } = process.env;
  const environment = { KEYHOLD_DATA_DIR: server.dataDir, SOFTHSM2_CONF, ...tokenSettings() };
  const { exitCode, stderr } = await keyhold(
    ['root', 'rewrap', '--to', 'token', '--remove-old'],
    environment,
  );
  assert.equal(exitCode, 0, stderr);
  await server.stop();
  await assert.rejects(server.restart(), /root key of kind token, not file: set KEYHOLD_ROOT_KEY=token/);
  await server.restart(tokenSettings());
  const { CiphertextBlob } = encrypted;
  assert.equal((await server.call('Decrypt', { CiphertextBlob })).body.Plaintext, 'kept');
});

test('a wrong PIN at the start is waited out as well, until its file is corrected', async () => {
  await using server = await startTestServer(tokenSettings());
  await server.stop();
  const { pinFile } = hsm.settings;
  writeFileSync(pinFile, 'another-pin');
  try {
    await server.restart();
    assert.equal((await health(server.url)).status, 503);
  } finally {
    writeFileSync(pinFile, `${hsm.pin}\n`);
    utimesSync(pinFile, new Date(), new Date(Date.now() + 2000));
  }
  const corrected = performance.now();
  while ((await health(server.url)).status !== 200) {
    assert.ok(performance.now() - corrected < OPEN_MS);
    await pause(50);
  }
});

test('what stops the rest of the start after the wait is told, and the server closes', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'keyhold-damaged-'));
  const config = readConfig({
    KEYHOLD_DATA_DIR: directory.path,
    KEYHOLD_LISTEN: '127.0.0.1:0',
    ...tokenSettings(),
  });
  const start = () => startServer(config, pino({ level: 'silent' }));
  await (await start()).close();
  hsm.remove();
  const server = await start().finally(() => hsm.putBack());
  assert.ok(server.waits);
  writeFileSync(join(directory.path, 'trail', '00000001.trail'), 'no line of a trail\n');
  await assert.rejects(server.ready, { name: 'TrailDamaged' });
  await server.close();
});
