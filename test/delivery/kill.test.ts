import assert from 'node:assert/strict';
import { mkdir, watch } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ACTIONTRAIL } from '@keyhold/api/actiontrail/product.ts';
import { type ServingProcess, serve } from '../server-process.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { deliveredIn, drafts, eventsOf, until } from './delivered.ts';
import { wantedIds } from './wanted.ts';

const ROUNDS = 4;
const Version = ACTIONTRAIL.version;

/** Writes and reads without end, several at once; ends with the server. */
async function work(server: ServingProcess, KeyId: string): Promise<void> {
  for (;;) {
    await server.call('UpdateKeyDescription', { KeyId, Description: 'd' });
    await server.call('Encrypt', { KeyId, Plaintext: 'p' });
  }
}

/** In the middle of a delivery: a file has just appeared, perhaps with another one to come. */
async function untilDelivering(bucket: string): Promise<void> {
  const soon = AbortSignal.timeout(4000);
  try {
    for await (const { filename } of watch(bucket, { recursive: true, signal: soon })) {
      if (filename?.includes('.gz')) return;
    }
  } catch (error) {
    if (!soon.aborted) throw error;
  }
}

suite('deliveries and kill -9', { timeout: 90_000 }, () => {
  test('killed while it delivers, again and again: every event arrives, and none twice', async () => {
    await using directory = await temporaryDirectory();
    const data = join(directory.path, 'data');
    const bucket = join(directory.path, 'bucket');
    await mkdir(bucket);
    const environment = { KEYHOLD_TRAIL_BUCKETS: `audit=file:${bucket}`, KEYHOLD_DELIVERY_SECONDS: '1' };
    let KeyId = '';
    let started = '';
    for (let round = 0; round < ROUNDS; round++) {
      await using server = await serve(data, environment);
      if (round === 0) {
        ({ KeyId } = (await server.call('CreateKey')).body.KeyMetadata);
        const trail = { Version, Name: 'killed', OssBucketName: 'audit' };
        assert.equal((await server.call('CreateTrail', trail)).status, 200);
        started = (await server.call('StartLogging', trail)).body.RequestId;
      }
      const works = Array.from({ length: 4 }, () => work(server, KeyId).catch(() => undefined));
      if (round % 3 === 2) await sleep(300 + Math.random() * 1500);
      else await untilDelivering(bucket);
      await server.end('SIGKILL');
      await Promise.all(works);
    }

    await using server = await serve(data, environment);
    const last = (await server.call('ListKeys')).body.RequestId;
    await until(async () => eventsOf(await deliveredIn(bucket)).some(({ requestId }) => requestId === last));
    await server.end('SIGTERM');
    const delivered = eventsOf(await deliveredIn(bucket)).map(({ eventId }) => eventId);
    const expected = await wantedIds(data, started);
    assert.ok(expected.length > 100);
    assert.equal(new Set(expected).size, expected.length, 'every event has an id of its own');
    assert.deepEqual(delivered.toSorted(), expected.toSorted());
    assert.deepEqual(await drafts(bucket), [], 'what a crash left half written was written whole');
  });
});
