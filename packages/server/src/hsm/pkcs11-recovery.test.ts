import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  AAD,
  HEALED_MS,
  healing,
  NONCE,
  opened,
  PLAINTEXT,
  SEED,
  SLACK_MS,
  seal,
  timed,
  unavailable,
} from './test-kit/faults.ts';
import { newSoftHsm, type SoftHsm } from './test-kit/soft-hsm.ts';

let hsm: SoftHsm;
beforeEach(() => {
  hsm = newSoftHsm();
});
afterEach(() => hsm[Symbol.dispose]());

for (const sessions of [1, 4]) {
  test(`killed under load, with ${sessions} sessions: calls fail at once or succeed, and it heals`, async () => {
    await using token = await opened(hsm, { sessions });
    await token.makeKey('key', 256);
    const expected = await seal(token);
    let [stop, sealed, failed] = [false, 0, 0];
    const callers = Array.from({ length: 32 }, async () => {
      while (!stop) {
        await seal(token).then(
          (bytes) => {
            assert.deepEqual(bytes, expected);
            sealed++;
          },
          async (error) => {
            assert.ok(unavailable(error), String(error));
            failed++;
            await pause(10);
          },
        );
      }
    });
    for (let kill = 0; kill < 3; kill++) {
      await pause(100);
      const { pid } = token;
      assert.ok(pid);
      process.kill(pid, 'SIGKILL');
      await pause(5);
      const before = sealed;
      const healed = await healing(token);
      assert.ok(healed < HEALED_MS, `${healed} ms`);
      assert.ok(sealed >= before);
    }
    stop = true;
    await Promise.all(callers);
    assert.ok(failed > 0 && sealed > 0, `${failed} failed, ${sealed} sealed`);
    assert.equal(token.health().losses, 3);
    assert.deepEqual(await token.list(''), ['key']);
  });
}

test('calls that were waiting when the process was killed are made by the next', async () => {
  await using token = await opened(hsm);
  await token.makeKey('key', 256);
  const many = Array.from({ length: 500 }, () => seal(token));
  process.kill(token.pid ?? 0, 'SIGKILL');
  const outcomes = await Promise.allSettled(many);
  const failed = outcomes.filter(({ status }) => status === 'rejected').length;
  assert.ok(failed > 0 && failed < 100, `${failed} of 500 failed`);
});

test('a token that hangs: calls end at their deadline, the process is replaced, and it heals', async () => {
  await using token = await opened(hsm);
  await token.makeKey('key', 256);
  const { pid } = token;
  assert.ok(pid);
  process.kill(pid, 'SIGSTOP');
  const waited = await Promise.all(Array.from({ length: 50 }, () => timed(seal(token))));
  assert.ok(Math.max(...waited) < 1000 + SLACK_MS, `${Math.max(...waited)} ms`);
  assert.ok((await healing(token)) < HEALED_MS);
  assert.notEqual(token.pid, pid);
});

test('a process that hangs while it connects again is given up in time for the next', async () => {
  await using token = await opened(hsm, { timeoutMs: 5000 });
  await token.makeKey('key', 256);
  const first = token.pid;
  process.kill(first ?? 0, 'SIGKILL');
  while (token.pid === first || token.pid === undefined) await pause(1);
  process.kill(token.pid, 'SIGSTOP');
  const healed = await healing(token);
  assert.ok(healed > 1000 && healed < HEALED_MS, `${healed} ms`);
});

test('a hang is noticed when nobody calls', async () => {
  await using token = await opened(hsm, { timeoutMs: 300 });
  await token.makeKey('key', 256);
  process.kill(token.pid ?? 0, 'SIGSTOP');
  await pause(300 + 500 + SLACK_MS);
  assert.equal(token.health().losses, 1);
  assert.ok((await healing(token)) < HEALED_MS);
});

test('a token that is pulled out: every call fails, what is there is not forgotten, and it heals', async () => {
  await using token = await opened(hsm);
  await token.makeKey('key', 256);
  const sealed = await seal(token);
  hsm.remove();
  for (const call of [
    () => token.list(''),
    () => token.commitment('other', SEED),
    () => token.makeKey('new', 256),
  ]) {
    assert.ok((await timed(call())) < 1000 + SLACK_MS);
  }
  await pause(700);
  // Its memory, in which message keys are, would have gone on working.
  assert.ok((await timed(seal(token))) < 1000 + SLACK_MS);
  assert.equal(token.health().up, false);
  assert.match(token.health().problem ?? '', /no token "keyhold test"|the library does not start/);
  hsm.putBack();
  assert.ok((await healing(token)) < HEALED_MS);
  assert.deepEqual(await token.list(''), ['key']);
  assert.deepEqual(await token.open('key', SEED, NONCE, AAD, sealed), PLAINTEXT);
});
