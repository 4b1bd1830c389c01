import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ok } from '../key-lifecycle/importing.ts';
import type { Answer } from '../server.ts';
import { serve } from '../server-process.ts';
import { type HsmServer, settingsOf, startHsmServer } from './hsm-server.ts';

/** What is promised. */
const HEALED_MS = 5000;
/** KEYHOLD_HSM_TIMEOUT_MS of these tests, and what a loaded machine adds. */
const DEADLINE_MS = 1000 + 1000;

let rig: HsmServer;
let hsmKey: string;
let softKey: string;
beforeEach(async () => {
  rig = await startHsmServer();
  hsmKey = (await ok(rig.server, 'CreateKey', { ProtectionLevel: 'HSM' })).KeyMetadata.KeyId;
  softKey = (await ok(rig.server, 'CreateKey')).KeyMetadata.KeyId;
});
afterEach(() => rig[Symbol.asyncDispose]());

const use = (KeyId: string) => rig.server.call('GenerateDataKey', { KeyId });
const isUnavailable = ({ status, body }: Answer) =>
  status === 503 && body.Code === 'ServiceUnavailableTemporary';
const problems = async () => (await (await fetch(`${rig.server.url}/healthz`)).json()).problems;

/** Milliseconds until the HSM key works again; before that it fails in the one way. */
async function healing(): Promise<number> {
  const start = performance.now();
  for (;;) {
    const answer = await use(hsmKey);
    const spent = performance.now() - start;
    if (answer.status === 200) return spent;
    assert.ok(isUnavailable(answer), JSON.stringify(answer.body));
    assert.ok(spent < 2 * HEALED_MS, 'not healed');
    await pause(20);
  }
}

test('the process of the token is killed under load: calls succeed or are to be tried again, and it heals', async () => {
  const { CiphertextBlob, Plaintext } = (await use(hsmKey)).body;
  const seen = { done: 0, unavailable: 0 };
  let stop = false;
  const callers = Array.from({ length: 12 }, async (_, at) => {
    while (!stop) {
      const answer = at % 2 ? await use(hsmKey) : await rig.server.call('Decrypt', { CiphertextBlob });
      if (answer.status === 200) {
        seen.done++;
        if (at % 2 === 0) assert.equal(answer.body.Plaintext, Plaintext);
      } else {
        assert.ok(isUnavailable(answer), JSON.stringify(answer.body));
        seen.unavailable++;
        await pause(10);
      }
    }
  });
  for (let kill = 0; kill < 3; kill++) {
    await pause(200);
    process.kill(rig.tokenPid(), 'SIGKILL');
    await pause(20);
    const healed = await healing();
    assert.ok(healed < HEALED_MS, `${healed} ms`);
    assert.equal((await use(softKey)).status, 200);
  }
  stop = true;
  await Promise.all(callers);
  assert.ok(seen.done > 0, JSON.stringify(seen));
  const last = await rig.server.call('Decrypt', { CiphertextBlob });
  assert.equal(last.body.Plaintext, Plaintext);
});

test('a token that hangs: its calls end at the deadline, software keys do not notice, and it heals', async () => {
  const median = async (count: number) => {
    const times: number[] = [];
    for (let call = 0; call < count; call++) {
      const start = performance.now();
      assert.equal((await use(softKey)).status, 200);
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[count >> 1] ?? Number.NaN;
  };
  await median(20);
  const before = await median(40);
  process.kill(rig.tokenPid(), 'SIGSTOP');
  const start = performance.now();
  const stuck = Array.from({ length: 30 }, async () => ({
    answer: await use(hsmKey),
    spent: performance.now() - start,
  }));
  const during = await median(40);
  const spent = performance.now() - start;
  for (const { answer, spent } of await Promise.all(stuck)) {
    assert.ok(isUnavailable(answer), JSON.stringify(answer.body));
    assert.ok(spent < DEADLINE_MS, `${spent} ms`);
  }
  assert.ok(spent < 1000, `40 calls of a software key took ${spent} ms, as if they had waited`);
  assert.ok(during < 5 * before + 20, `${before} ms before, ${during} ms while it hangs`);
  assert.ok((await healing()) < HEALED_MS);
});

test('a token that is pulled out is a problem of the health page, and none when it is back', async () => {
  const blob = (await use(hsmKey)).body.CiphertextBlob;
  assert.deepEqual(await problems(), []);
  rig.hsm.remove();
  for (const start = performance.now(); (await problems()).length === 0; await pause(50)) {
    assert.ok(performance.now() - start < HEALED_MS, 'nobody notices');
  }
  assert.deepEqual(await problems(), ['hsm']);
  for (const [action, parameters] of [
    ['GenerateDataKey', { KeyId: hsmKey }],
    ['Decrypt', { CiphertextBlob: blob }],
    ['CreateKey', { ProtectionLevel: 'HSM' }],
  ] as const) {
    const answer = await rig.server.call(action, parameters);
    assert.ok(isUnavailable(answer), `${action}: ${JSON.stringify(answer.body)}`);
    assert.match(answer.body.Message, /HSM/);
  }
  assert.equal((await use(softKey)).status, 200);
  assert.equal((await rig.server.call('DescribeKey', { KeyId: hsmKey })).status, 200);
  rig.hsm.putBack();
  assert.ok((await healing()) < HEALED_MS);
  assert.deepEqual(await problems(), []);
  assert.equal((await rig.server.call('Decrypt', { CiphertextBlob: blob })).status, 200);
  assert.equal((await rig.labels()).length, 1, 'what failed has made nothing');
});

test('a server starts without its token, serves software keys, and HSM keys as soon as it is there', async () => {
  const blob = (await use(hsmKey)).body.CiphertextBlob;
  await rig.server.stop();
  rig.hsm.remove();
  await rig.server.restart();
  assert.equal((await use(softKey)).status, 200);
  assert.ok(isUnavailable(await use(hsmKey)));
  assert.deepEqual(await problems(), ['hsm']);
  rig.hsm.putBack();
  assert.ok((await healing()) < HEALED_MS);
  assert.equal((await rig.server.call('Decrypt', { CiphertextBlob: blob })).status, 200);
});

test('a server that is killed while it makes keys: each key it has works, and nothing that works is lost', async () => {
  await rig.server.stop();
  const environment = { ...settingsOf(rig.hsm), SOFTHSM2_CONF: process.env.SOFTHSM2_CONF ?? '' };
  const created = new Set<string>([hsmKey]);
  for (const enough of [10, 25]) {
    await using server = await serve(rig.server.dataDir, environment);
    const making = Array.from({ length: 8 }, async () => {
      for (;;) {
        const answer = await server.call('CreateKey', { ProtectionLevel: 'HSM' });
        if (answer.status === 200) created.add(answer.body.KeyMetadata.KeyId);
        else assert.ok(isUnavailable(answer), JSON.stringify(answer.body));
      }
    });
    const ended = Promise.allSettled(making);
    const deadline = performance.now() + 10_000;
    while (created.size < enough && performance.now() < deadline) await pause(1);
    await server.end('SIGKILL');
    assert.ok(created.size >= enough, `${created.size} keys were made`);
    for (const outcome of await ended) {
      assert.ok(
        outcome.status === 'rejected' && !(outcome.reason instanceof assert.AssertionError),
        'cut off',
      );
    }
  }
  await rig.server.restart();
  const { Keys } = await ok(rig.server, 'ListKeys', { PageSize: 100 });
  const ids: string[] = Keys.Key.map(({ KeyId }: { KeyId: string }) => KeyId);
  for (const id of created) assert.ok(ids.includes(id), 'what was answered is there');
  for (const id of ids) assert.equal((await use(id)).status, 200);
  const made = new Set((await rig.labels()).map((label) => label.split('/')[3]));
  const orphans = made.size - ids.filter((id) => made.has(id)).length;
  assert.ok(orphans <= 2 * 8, `${orphans} objects belong to nothing`);
});
