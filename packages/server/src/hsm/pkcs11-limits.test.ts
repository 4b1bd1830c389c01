import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { StartError } from '../start-error.ts';
import type { TokenSettings } from './pkcs11/settings.ts';
import { openPkcs11Token } from './pkcs11-token.ts';
import { AAD, HEALED_MS, healing, NONCE, opened, SEED, seal } from './test-kit/faults.ts';
import { newSoftHsm, type SoftHsm } from './test-kit/soft-hsm.ts';

let hsm: SoftHsm;
beforeEach(() => {
  hsm = newSoftHsm();
});
afterEach(() => hsm[Symbol.dispose]());

test('a full queue refuses at once, and takes calls again when it is not', async () => {
  await using token = await opened(hsm, { queue: 10 });
  await token.makeKey('key', 256);
  process.kill(token.pid ?? 0, 'SIGSTOP');
  const waiting = Array.from({ length: 10 }, () => seal(token));
  // The check of its presence may be one of the ten.
  const settled = Promise.allSettled(waiting);
  const start = performance.now();
  await assert.rejects(seal(token), /10 calls wait already/);
  assert.ok(performance.now() - start < 50);
  process.kill(token.pid ?? 0, 'SIGCONT');
  const outcomes = await settled;
  assert.ok(outcomes.filter(({ status }) => status === 'fulfilled').length >= 9);
  await seal(token);
});

test('making a pair takes its time and holds up nobody', async () => {
  await using token = await opened(hsm, { timeoutMs: 300 });
  await token.makeKey('key', 256);
  let done = false;
  const pair = token.makeWrappingPair('pair', 3072, 'RSAES_OAEP_SHA_1').finally(() => {
    done = true;
  });
  let sealed = 0;
  while (!done) {
    await seal(token);
    sealed++;
  }
  assert.ok((await pair).length > 400);
  assert.ok(sealed > 5, `${sealed} calls meanwhile`);
});

test('what another process made or destroyed is seen', async () => {
  await using token = await opened(hsm);
  await using other = await opened(hsm);
  for (let round = 0; round < 2; round++) {
    await token.makeKey('key', 256);
    const commitment = await token.commitment('key', SEED);
    assert.deepEqual(await other.commitment('key', SEED), commitment);
    assert.deepEqual(await other.list(''), ['key']);
    if (round === 0) await token.destroy('key');
  }
  await token.destroy('key');
  await assert.rejects(other.commitment('key', SEED), { refusal: 'no-such-key' });
});

test('closing lets nobody wait', async () => {
  const token = await opened(hsm);
  await token.makeKey('key', 256);
  const { pid } = token;
  assert.ok(pid);
  const calls = Promise.allSettled(Array.from({ length: 100 }, () => seal(token)));
  await token.close();
  await calls;
  await assert.rejects(seal(token), /closed/);
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

test('a start that cannot succeed says why, and leaves no process', async () => {
  const { settings } = hsm;
  const refuses = (changes: Partial<TokenSettings>, why: RegExp) =>
    assert.rejects(openPkcs11Token({ ...settings, ...changes }), (error: Error) => {
      assert.ok(error instanceof StartError, String(error));
      assert.match(error.message, why);
      assert.ok(!error.message.includes(hsm.pin));
      return true;
    });
  await refuses({ library: '/no/such/library.so' }, /\/no\/such\/library\.so/);
  await refuses({ token: { label: 'another' } }, /no token "another"/);
  await refuses({ token: { slot: 987_654 } }, /no token in slot 987654/);
  await refuses({ pinFile: '/no/such/file' }, /PIN file \/no\/such\/file cannot be read \(ENOENT\)/);
  chmodSync(settings.pinFile, 0o644);
  await refuses({}, /chmod 600/);
});

test('a PIN that was refused is not tried again before its file is another', async () => {
  await using token = await opened(hsm);
  await token.makeKey('key', 256);
  const { pinFile } = hsm.settings;
  writeFileSync(pinFile, 'another-pin');
  process.kill(token.pid ?? 0, 'SIGKILL');
  const start = performance.now();
  while (!/not tried twice/.test(token.health().problem ?? '')) {
    assert.ok(performance.now() - start < HEALED_MS, token.health().problem ?? '');
    await pause(20);
  }
  await assert.rejects(seal(token), /correct the file/);
  writeFileSync(pinFile, `${hsm.pin}\r\n`);
  utimesSync(pinFile, new Date(), new Date(Date.now() + 2000));
  assert.ok((await healing(token)) < HEALED_MS);
});

test('neither the PIN nor settings of the server are visible from outside', async () => {
  process.env.KEYHOLD_ROOT_ACCESS_KEY_SECRET = 'a-secret-of-the-server';
  try {
    await using token = await opened(hsm);
    for (const name of ['cmdline', 'environ']) {
      const text = readFileSync(`/proc/${token.pid}/${name}`, 'latin1');
      assert.ok(text.length > 0);
      assert.ok(!text.includes(hsm.pin) && !text.includes('KEYHOLD_'), name);
    }
  } finally {
    delete process.env.KEYHOLD_ROOT_ACCESS_KEY_SECRET;
  }
});

test('many seeds at once, in many sessions: every call has the key of its own', async () => {
  await using token = await opened(hsm, { sessions: 16, timeoutMs: 20_000 });
  await token.makeKey('key', 256);
  const seeds = Array.from({ length: 500 }, () => randomBytes(32));
  const sealed = await Promise.all(seeds.map((seed) => token.seal('key', seed, NONCE, AAD, seed)));
  for (const [at, seed] of seeds.entries()) {
    const opens = token.open('key', seed, NONCE, AAD, sealed[at] ?? Buffer.alloc(0));
    assert.deepEqual(await opens, seed);
  }
});
