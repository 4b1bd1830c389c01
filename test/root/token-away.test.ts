import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
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
