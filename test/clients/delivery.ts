/**
 * Delivers trails to a bucket of a server that speaks as S3 does (moto), through the real SDK: a server that is
 * killed in the middle, a bucket that is away, and one that was removed. Needs python3 and, once, PyPI.
 *
 *   node test/clients/delivery.ts
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ACTIONTRAIL } from '@keyhold/api/actiontrail/product.ts';
import { type Delivered, readObject, until } from '../delivery/delivered.ts';
import { wantedIds } from '../delivery/wanted.ts';
import type { Parameters } from '../server.ts';
import { type ServingProcess, serve } from '../server-process.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { freePort, installMoto, type S3Server, startS3 } from './s3-server.ts';

const BUCKET = 'kms-audit';
const Name = 'delivered';
const KILLS = 3;

await installMoto();
const port = await freePort();
await using directory = await temporaryDirectory();
const data = join(directory.path, 'data');
const environment = {
  KEYHOLD_TRAIL_BUCKETS: `audit=s3://${BUCKET}?endpoint=http://127.0.0.1:${port}`,
  KEYHOLD_DELIVERY_SECONDS: '1',
  AWS_ACCESS_KEY_ID: 'rig',
  AWS_SECRET_ACCESS_KEY: 'a-secret-of-the-rig',
};

const step = (text: string) => console.log(`ok  ${text}`);
const called = async (server: ServingProcess, action: string, parameters: Parameters = {}) => {
  const { status, body } = await server.call(action, parameters);
  assert.equal(status, 200, `${action}: ${JSON.stringify(body)}`);
  return body;
};
const trails = (server: ServingProcess, action: string, parameters: Parameters = {}) =>
  called(server, action, { Version: ACTIONTRAIL.version, Name, ...parameters });

async function eventsIn(s3: S3Server): Promise<Delivered[]> {
  const objects = [...(await s3.objects(BUCKET))];
  return objects.flatMap(([name, bytes]) => readObject(name, bytes).events);
}
const arrived = (s3: S3Server, requestId: string) =>
  until(async () => (await eventsIn(s3)).some((event) => event.requestId === requestId));

async function work(server: ServingProcess, KeyId: string): Promise<void> {
  for (;;) {
    await server.call('UpdateKeyDescription', { KeyId, Description: 'd' });
    await server.call('Encrypt', { KeyId, Plaintext: 'p' });
  }
}

let started = '';
{
  await using s3 = await startS3(port);
  {
    await using server = await serve(data, environment);
    const trail = { Version: ACTIONTRAIL.version, Name, OssBucketName: 'audit' };
    const early = await server.call('CreateTrail', trail);
    assert.deepEqual([early.status, early.body.Code], [404, 'BucketDoesNotExistException']);
    await s3.makeBucket(BUCKET);
    await trails(server, 'CreateTrail', { OssBucketName: 'audit' });
    started = (await trails(server, 'StartLogging')).RequestId;
    await arrived(s3, started);
    assert.doesNotMatch(server.stdout() + server.stderr(), /a-secret-of-the-rig/);
    await server.end('SIGKILL');
  }
  step('a trail needs a bucket that is there, and delivers to it');

  for (let kill = 0; kill < KILLS; kill++) {
    await using server = await serve(data, environment);
    const { KeyId } = (await called(server, 'CreateKey')).KeyMetadata;
    const works = Array.from({ length: 4 }, () => work(server, KeyId).catch(() => undefined));
    const before = (await s3.objects(BUCKET)).size;
    await until(async () => (await s3.objects(BUCKET)).size > before + 1);
    await sleep(Math.random() * 1000);
    await server.end('SIGKILL');
    await Promise.all(works);
  }
  await using server = await serve(data, environment);
  await arrived(s3, (await called(server, 'ListKeys')).RequestId);
  await server.end('SIGTERM');
  const delivered = (await eventsIn(s3)).map(({ eventId }) => eventId);
  const expected = await wantedIds(data, started);
  assert.deepEqual(delivered.toSorted(), expected.toSorted());
  step(`killed ${KILLS} times: all ${expected.length} events are there, each once`);
}

await using server = await serve(data, environment);
const told = (error: string) =>
  until(async () => (await trails(server, 'GetTrailStatus')).LatestDeliveryError === error);
const { RequestId } = await called(server, 'ListKeys');
await told('The bucket does not answer.');
assert.equal((await fetch(`${server.url}/healthz`)).status, 503);
await using again = await startS3(port);
await told('The bucket does not exist.');
await again.makeBucket(BUCKET);
await arrived(again, RequestId);
await told('');
await until(async () => (await fetch(`${server.url}/healthz`)).status === 200);
step('a bucket that was away, then missing: told of, and nothing of the meantime is lost');
