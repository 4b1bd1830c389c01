import assert from 'node:assert/strict';
import { mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { keyhold } from '@keyhold/cli/test-kit/cli-process.ts';
import { newSoftHsm, type SoftHsm } from '@keyhold/server/hsm/test-kit/soft-hsm.ts';
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

test('a very first start with the token away stops, and leaves nothing to repair', async () => {
  hsm.remove();
  await assert.rejects(startTestServer(tokenSettings()), {
    name: 'StartError',
    message: /the token "keyhold test" .* is not available/,
  });
  hsm.putBack();
});
