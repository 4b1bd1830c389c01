import assert from 'node:assert/strict';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '@keyhold/server/config.ts';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import { openData } from '@keyhold/server/open-data.ts';
import { readAnchor, rememberAnchor } from '@keyhold/server/trail/anchor.ts';
import { Checkpointer } from '@keyhold/server/trail/checkpoints/checkpointer.ts';
import { TrailPublicKey } from '@keyhold/server/trail/checkpoints/public-key.ts';
import { lastCheckpoint } from '@keyhold/server/trail/checkpoints/remembered.ts';
import { openSigningKey } from '@keyhold/server/trail/checkpoints/signing-key.ts';
import { openTrail } from '@keyhold/server/trail/open-trail.ts';
import { readTrail } from '@keyhold/server/trail/read.ts';
import { TrailRetention } from '@keyhold/server/trail/retention.ts';
import { verifyTrail } from '@keyhold/server/trail/verify.ts';
import { startTestServer, type TestServer } from './server.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const DAY_MS = 86_400_000;

async function healthOf(
  server: TestServer,
): Promise<{ readonly status: number; readonly problems: string[] }> {
  const answer = await fetch(`${server.url}/healthz`);
  const { problems } = (await answer.json()) as { problems: string[] };
  return { status: answer.status, problems };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    assert.ok(tries < 200, 'it did not happen');
    await sleep(50);
  }
}

const publicKeyOf = async (dataDir: string): Promise<TrailPublicKey> =>
  new TrailPublicKey(await readFile(dataPaths(dataDir).trailPublicKey, 'utf8'));

test('checkpoints that cannot be copied: health says so, no call is lost, and it heals', async () => {
  await using directory = await temporaryDirectory();
  const copies = join(directory.path, 'not-mounted-yet');
  await using server = await startTestServer({ KEYHOLD_CHECKPOINT_DIR: copies });
  assert.equal((await server.call('CreateKey')).status, 200);
  await until(async () => (await healthOf(server)).status === 503);
  assert.deepEqual((await healthOf(server)).problems, ['checkpoint copies']);
  assert.equal((await server.call('ListKeys')).status, 200);
  await mkdir(copies);
  await until(async () => (await healthOf(server)).status === 200);
  await server.stop();

  const { trail } = dataPaths(server.dataDir);
  const publicKey = await publicKeyOf(server.dataDir);
  const verdict = await verifyTrail(trail, { proof: { publicKey, copies: [copies] } });
  assert.ok(verdict.ok, verdict.ok ? '' : verdict.message);
  assert.deepEqual(verdict.signed?.head, verdict.head, 'the end of the server is signed');
  assert.deepEqual(
    await readdir(copies),
    (await readdir(trail)).filter((name) => name.endsWith('.checkpoints')),
  );
});

test('a server starts and serves on a trail whose oldest segments were removed', async () => {
  let time = Date.now() - 10 * DAY_MS;
  const now = (): number => time;
  await using server = await startTestServer({}, now);
  for (let day = 0; day < 4; day++) {
    assert.equal((await server.call('CreateKey', { Description: `day ${day}` })).status, 200);
    time += DAY_MS;
  }
  await server.stop();
  const { trail: directory } = dataPaths(server.dataDir);

  const { store, domainKey } = await openData(readConfig({ KEYHOLD_DATA_DIR: server.dataDir }));
  const { settings } = store;
  const key = await openSigningKey(settings, domainKey);
  const last = await lastCheckpoint(directory, settings, key.publicKey);
  const trail = await openTrail(directory, { anchor: await readAnchor(settings), clock: now });
  const elapsed = () => performance.now();
  const pace = { entries: 1, seconds: 1 };
  const ports = { directory, trail, key, settings, now, elapsed, copy: undefined };
  const checkpointer = new Checkpointer(ports, pace, last);
  const newId = () => crypto.randomUUID();
  const removal = {
    directory,
    trail,
    checkpointer,
    now,
    newId,
    oldestNeeded: () => undefined,
    isClockDoubted: () => false,
  };
  const removed = await new TrailRetention(removal, 2).run();
  assert.ok(removed > 0);
  await checkpointer.close();
  await trail.close();
  await rememberAnchor(settings, trail.head());
  await store.close();

  await server.restart();
  const { KeyId } = (await server.call('CreateKey')).body.KeyMetadata;
  assert.equal((await server.call('DescribeKey', { KeyId })).status, 200);
  const { problems } = await healthOf(server);
  assert.deepEqual(problems, []);
  await server.stop();
  const verdict = await verifyTrail(directory, { proof: { publicKey: key.publicKey } });
  assert.ok(verdict.ok, verdict.ok ? '' : verdict.message);
  assert.equal(verdict.front?.segment, removed + 1);
  const actions: string[] = [];
  for await (const { action } of readTrail(directory)) actions.push(action);
  assert.deepEqual(actions.filter((action) => action === 'RemoveOldTrail').length, 2);
  assert.equal(actions.at(-1), 'DescribeKey');
});
