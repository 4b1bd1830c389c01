import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startTestServer, type TestServer } from '../server.ts';
import { describe, externalKey, importMaterial, ok } from './importing.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** The jobs look every second. */
const LOOKED_MS = 2500;

/** A server, its clock to be set, and time to pass, which moves the clock as well. */
async function setUp(t: { after(end: () => Promise<void>): void }) {
  const clock = { now: Date.parse('2026-03-01T12:00:00Z'), passed: 0 };
  const server = await startTestServer(
    {},
    () => clock.now,
    () => performance.now() + clock.passed,
  );
  t.after(() => server[Symbol.asyncDispose]());
  const pass = (milliseconds: number): void => {
    clock.now += milliseconds;
    clock.passed += milliseconds;
  };
  return { server, clock, pass };
}

const newKey = async (server: TestServer): Promise<string> =>
  (await ok(server, 'CreateKey')).KeyMetadata.KeyId;

async function expiring(server: TestServer, at: number): Promise<string> {
  const KeyId = await externalKey(server);
  const more = { KeyMaterialExpireUnix: Math.floor(at / 1000) };
  assert.equal((await importMaterial(server, KeyId, randomBytes(32), more)).status, 200);
  return KeyId;
}

const codeOf = async (server: TestServer, action: string, KeyId: string) =>
  (await server.call(action, { KeyId })).body.Code;

const listed = async (server: TestServer, state: string): Promise<string[]> => {
  const Filters = JSON.stringify([{ Key: 'KeyState', Values: [state] }]);
  const { Keys } = await ok(server, 'ListKeys', { Filters });
  return Keys.Key.map(({ KeyId }: { KeyId: string }) => KeyId);
};

test('a start with the clock ahead destroys nothing, nor does the next one', async (t) => {
  const { server, clock } = await setUp(t);
  const KeyId = await newKey(server);
  await ok(server, 'ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 30 });
  const imported = await expiring(server, clock.now + DAY);
  const blob = (await ok(server, 'Encrypt', { KeyId: imported, Plaintext: 'x' })).CiphertextBlob;
  await server.stop();
  clock.now += 365 * DAY;
  for (let starts = 0; starts < 2; starts++) {
    await server.restart();
    await pause(LOOKED_MS);
    assert.equal((await describe(server, KeyId)).KeyState, 'PendingDeletion');
  }
  clock.now -= 365 * DAY;
  await server.restart();
  await ok(server, 'CancelKeyDeletion', { KeyId });
  assert.equal((await ok(server, 'Decrypt', { CiphertextBlob: blob })).Plaintext, 'x');
});

test('what the clock says is believed when an hour was served after such a start', async (t) => {
  const { server, clock, pass } = await setUp(t);
  const KeyId = await newKey(server);
  await ok(server, 'ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  await server.stop();
  clock.now += 8 * DAY;
  await server.restart();
  await pause(LOOKED_MS);
  assert.equal(await codeOf(server, 'DescribeKey', KeyId), undefined);
  pass(HOUR / 2);
  await server.restart();
  await pause(LOOKED_MS);
  assert.equal(await codeOf(server, 'DescribeKey', KeyId), undefined);
  pass(HOUR / 2);
  await pause(LOOKED_MS);
  assert.equal(await codeOf(server, 'DescribeKey', KeyId), 'Forbidden.KeyNotFound');
});

test('a start soon after the end goes on at once', async (t) => {
  const { server, clock } = await setUp(t);
  const KeyId = await expiring(server, clock.now + 300_000);
  await server.stop();
  clock.now += 300_000;
  await server.restart();
  await pause(LOOKED_MS);
  clock.now -= 300_000;
  const { KeyState, MaterialExpireTime } = await describe(server, KeyId);
  assert.deepEqual([KeyState, MaterialExpireTime], ['PendingImport', ''], 'it was erased');
});

test('what is written to a key while the clock is ahead does not take its material', async (t) => {
  const { server, clock } = await setUp(t);
  const imports = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const KeyId = await expiring(server, clock.now + 10 * DAY);
      const { CiphertextBlob } = await ok(server, 'Encrypt', { KeyId, Plaintext: 'x' });
      return { KeyId, CiphertextBlob, before: await describe(server, KeyId) };
    }),
  );
  const [described, cancelled, untouched] = imports.map(({ KeyId }) => KeyId) as [string, string, string];
  clock.now += 20 * DAY;
  await pause(LOOKED_MS);
  await ok(server, 'UpdateKeyDescription', { KeyId: described, Description: 'd' });
  await ok(server, 'ScheduleKeyDeletion', { KeyId: cancelled });
  await ok(server, 'CancelKeyDeletion', { KeyId: cancelled });
  for (const KeyId of [described, cancelled, untouched]) {
    assert.equal((await describe(server, KeyId)).KeyState, 'PendingImport');
  }
  const waiting = await listed(server, 'PendingImport');
  assert.deepEqual(waiting.toSorted(), [described, cancelled, untouched].toSorted());
  assert.deepEqual(await listed(server, 'Enabled'), []);
  clock.now -= 20 * DAY;
  await server.restart();
  for (const { KeyId, CiphertextBlob, before } of imports) {
    const Description = KeyId === described ? 'd' : '';
    assert.deepEqual(await describe(server, KeyId), { ...before, Description });
    assert.equal((await ok(server, 'Decrypt', { CiphertextBlob })).Plaintext, 'x');
  }
});

test('an import while the clock is ahead does not enable a key that is Disabled', async (t) => {
  const { server, clock } = await setUp(t);
  const KeyId = await externalKey(server);
  const material = randomBytes(32);
  const give = async () => {
    const more = { KeyMaterialExpireUnix: Math.floor((clock.now + DAY) / 1000) };
    assert.equal((await importMaterial(server, KeyId, material, more)).status, 200);
  };
  await give();
  await ok(server, 'DisableKey', { KeyId });
  clock.now += 365 * DAY;
  assert.equal((await describe(server, KeyId)).KeyState, 'PendingImport');
  await give();
  assert.equal((await describe(server, KeyId)).KeyState, 'Disabled');
  clock.now -= 365 * DAY;
  await server.restart();
  assert.equal((await describe(server, KeyId)).KeyState, 'Disabled');
});

test('a deletion that was scheduled while the clock was behind can be cancelled when it is put right', async (t) => {
  const { server, clock } = await setUp(t);
  const KeyId = await newKey(server);
  await ok(server, 'ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  clock.now += 30 * DAY;
  await pause(LOOKED_MS);
  assert.deepEqual(await listed(server, 'PendingDeletion'), [KeyId]);
  await ok(server, 'CancelKeyDeletion', { KeyId });
  assert.equal((await describe(server, KeyId)).KeyState, 'Enabled');
});

test('a version of a time that has not come does not hold up the next', async (t) => {
  const { server, clock } = await setUp(t);
  const KeyId = await newKey(server);
  clock.now += 365 * DAY;
  await ok(server, 'CreateKeyVersion', { KeyId });
  clock.now -= 357 * DAY;
  await server.restart();
  await ok(server, 'CreateKeyVersion', { KeyId });
  assert.equal(await codeOf(server, 'CreateKeyVersion', KeyId), 'Rejected.UnsupportedOperation');
});
