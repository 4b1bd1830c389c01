import assert from 'node:assert/strict';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { actionTrailOperations } from '@keyhold/api/actiontrail/product.ts';
import {
  type Answer,
  type Credentials,
  type Parameters,
  startTestServer,
  type TestServer,
} from '../server.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { type Delivered, deliveredIn, eventsOf, until } from './delivered.ts';

const OTHER_ACCOUNT = '2000000000000002';
const NAMES = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'];

let place: Awaited<ReturnType<typeof temporaryDirectory>>;
let server: TestServer;
let user: Credentials;
const bucket = (name: string) => join(place.path, name);
before(async () => {
  // Of a bucket that is never reached.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'a-secret' });
  place = await temporaryDirectory();
  for (const name of NAMES) await mkdir(bucket(name));
  const buckets = [
    ...NAMES.map((name) => `${name}=file:${bucket(name)}`),
    `gone=file:${bucket('gone')}`,
    `nowhere=s3://bucket?endpoint=http://127.0.0.1:9`,
    `${OTHER_ACCOUNT}/private=file:${bucket('first')}`,
  ];
  server = await startTestServer({
    KEYHOLD_TRAIL_BUCKETS: buckets.join(','),
    KEYHOLD_DELIVERY_SECONDS: '1',
    KEYHOLD_REGIONS: 'cn-hangzhou,cn-beijing',
  });
  await server.ram('CreateUser', { UserName: 'auditor' });
  const { AccessKey } = (await server.ram('CreateAccessKey', { UserName: 'auditor' })).body;
  user = { accessKeyId: AccessKey.AccessKeyId, accessKeySecret: AccessKey.AccessKeySecret };
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

type Action = keyof typeof actionTrailOperations;

/** A call that succeeds, and answers what the contract says. */
async function call(action: Action, parameters: Parameters) {
  const { status, body } = await server.actiontrail(action, parameters);
  assert.equal(status, 200, `${action}: ${JSON.stringify(body)}`);
  const { RequestId, ...result } = body;
  assert.deepEqual(actionTrailOperations[action].response.parse(result), result, action);
  return { RequestId, ...result };
}

async function refused(action: Action, parameters: Parameters, as?: Credentials): Promise<[number, string]> {
  const { status, body }: Answer = await server.actiontrail(action, parameters, as);
  return [status, body.Code];
}

async function describe(Name: string, more: Parameters = {}) {
  const { TrailList } = await call('DescribeTrails', { NameList: Name, ...more });
  return TrailList[0];
}

const events = async (name: string) => eventsOf(await deliveredIn(bucket(name)));
const arrived = (name: string, requestId: string): Promise<Delivered> =>
  until(async () => (await events(name)).find((event) => event.requestId === requestId));

suite('trails', { timeout: 60_000 }, () => {
  test('a trail is made, described, started, read, stopped and deleted', async () => {
    const Name = 'story-1';
    const made = await call('CreateTrail', { Name, OssBucketName: 'first', OssKeyPrefix: 'kms-audit/' });
    assert.equal(made.EventRW, 'All');
    assert.equal(made.HomeRegion, 'cn-hangzhou');
    const fresh = await describe(Name);
    assert.deepEqual([fresh.Status, fresh.StartLoggingTime, fresh.TrailRegion], ['Fresh', '', 'All']);
    assert.match(fresh.TrailArn, /^acs:actiontrail:cn-hangzhou:\d{16}:trail\/story-1$/);
    const earlier = (await server.call('ListKeys')).body.RequestId;

    const started = (await call('StartLogging', { Name })).RequestId;
    const { KeyId } = (await server.call('CreateKey')).body.KeyMetadata;
    const encrypted = (await server.call('Encrypt', { KeyId, Plaintext: 'hush' })).body.RequestId;
    assert.equal((await describe(Name)).Status, 'Enable');
    await arrived('first', started);
    const event = await arrived('first', encrypted);
    assert.deepEqual([event.eventName, event.eventRW], ['Encrypt', 'Read']);
    const status = await until(async () => {
      const told = await call('GetTrailStatus', { Name });
      return told.LatestDeliveryTime !== '' && told;
    });
    assert.deepEqual(
      [status.IsLogging, status.LatestDeliveryError, status.OssBucketStatus],
      [true, '', true],
    );

    const stopped = (await call('StopLogging', { Name })).RequestId;
    const later = (await server.call('ListAliases')).body.RequestId;
    await arrived('first', stopped);
    assert.equal((await describe(Name)).Status, 'Disable');
    const ids = (await events('first')).map(({ requestId }) => requestId);
    assert.ok(!ids.includes(earlier) && !ids.includes(later), 'from StartLogging to StopLogging alone');
    for (const { name } of await deliveredIn(bucket('first'))) assert.match(name, /^kms-audit\/AliyunLogs\//);
    assert.doesNotMatch(JSON.stringify(await events('first')), /hush/);

    await call('DeleteTrail', { Name });
    assert.equal(await describe(Name), undefined);
    assert.ok((await events('first')).length > 0, 'what was delivered stays');
    assert.deepEqual(await refused('DeleteTrail', { Name }), [404, 'TrailNotFoundException']);
  });

  test('only reads or only writes, only of its regions, only of its account', async () => {
    await call('CreateTrail', { Name: 'writes', OssBucketName: 'second', EventRW: 'Write' });
    const reads = { Name: 'reads-1', OssBucketName: 'third', EventRW: 'Read', TrailRegion: 'cn-beijing' };
    await call('CreateTrail', reads);
    for (const Name of ['writes', 'reads-1']) await call('StartLogging', { Name });
    const inBeijing = { RegionId: 'cn-beijing' };
    const made = (await server.call('CreateKey', inBeijing)).body.RequestId;
    const listed = (await server.call('ListKeys', inBeijing)).body.RequestId;
    await server.call('ListKeys');
    const changed = (await server.ram('UpdateUser', { UserName: 'auditor', NewComments: 'c' })).body
      .RequestId;
    // Each region has objects of its own.
    for (const requestId of [made, changed]) await arrived('second', requestId);
    await arrived('third', listed);
    const writes = await events('second');
    assert.ok(writes.some(({ requestId }) => requestId === made));
    assert.ok(
      writes.every(({ eventRW, additionalEventData }) => eventRW === 'Write' && !additionalEventData.Outcome),
    );
    const folders = (await deliveredIn(bucket('second'))).map(({ name }) => name.split('/')[2]);
    assert.deepEqual([...new Set(folders)].toSorted(), ['cn-beijing', 'cn-hangzhou']);
    for (const { eventRW, acsRegion } of await events('third')) {
      assert.deepEqual([eventRW, acsRegion], ['Read', 'cn-beijing']);
    }
    for (const Name of ['writes', 'reads-1']) await call('DeleteTrail', { Name });
  });

  test('a bucket that is away: told of, and made good; the other trail goes on', async () => {
    for (const [Name, OssBucketName] of [
      ['absent', 'fourth'],
      ['present', 'fifth'],
    ] as const) {
      await call('CreateTrail', { Name, OssBucketName });
      await call('StartLogging', { Name });
    }
    const { RequestId } = (await server.call('ListKeys')).body;
    await arrived('fourth', RequestId);
    await rename(bucket('fourth'), bucket('elsewhere'));
    const missed = (await server.call('ListAliases')).body.RequestId;
    await arrived('fifth', missed);
    const status = await until(async () => {
      const told = await call('GetTrailStatus', { Name: 'absent' });
      return told.LatestDeliveryError !== '' && told;
    });
    assert.equal(status.LatestDeliveryError, 'The bucket does not exist.');
    assert.equal(status.OssBucketStatus, false);
    const health = await fetch(`${server.url}/healthz`);
    assert.deepEqual([health.status, (await health.json()).problems], [503, ['trail delivery']]);

    await rename(bucket('elsewhere'), bucket('fourth'));
    await arrived('fourth', missed);
    await until(async () => (await fetch(`${server.url}/healthz`)).status === 200);
    const told = await call('GetTrailStatus', { Name: 'absent' });
    assert.deepEqual([told.LatestDeliveryError, told.OssBucketStatus], ['', true]);
    const ids = (await events('fourth')).map(({ eventId }) => eventId);
    assert.equal(new Set(ids).size, ids.length);
    for (const Name of ['absent', 'present']) await call('DeleteTrail', { Name });
  });

  test('what a trail may be called and deliver to', async () => {
    const trail = { Name: 'limits', OssBucketName: 'first' };
    assert.deepEqual(await refused('CreateTrail', { ...trail, OssBucketName: 'unknown' }), [
      404,
      'BucketDoesNotExistException',
    ]);
    for (const OssBucketName of ['gone', 'private']) {
      assert.deepEqual(await refused('CreateTrail', { ...trail, OssBucketName }), [
        404,
        'BucketDoesNotExistException',
      ]);
    }
    assert.deepEqual(await refused('CreateTrail', { ...trail, OssBucketName: 'nowhere' }), [
      503,
      'ServiceUnavailable',
    ]);
    assert.deepEqual(await refused('CreateTrail', { ...trail, TrailRegion: 'cn-hangzhou,moon' }), [
      400,
      'InvalidQueryParameter',
    ]);
    await call('CreateTrail', trail);
    assert.deepEqual(await refused('CreateTrail', { ...trail, OssBucketName: 'second' }), [
      400,
      'TrailAlreadyExistsException',
    ]);
    assert.deepEqual(await refused('CreateTrail', { ...trail, Name: 'limits-2' }), [400, 'RepeatOssBucket']);
    for (const name of ['second', 'third', 'fourth', 'fifth']) {
      await call('CreateTrail', { Name: `limits-${name}`, OssBucketName: name });
    }
    assert.deepEqual(await refused('CreateTrail', { Name: 'limits-6', OssBucketName: 'sixth' }), [
      403,
      'MaximumNumberOfTrailsExceededException',
    ]);
    assert.deepEqual(await refused('UpdateTrail', { Name: 'limits', OssBucketName: 'second' }), [
      400,
      'RepeatOssBucket',
    ]);
    const updated = await call('UpdateTrail', { Name: 'limits', OssBucketName: 'sixth', EventRW: 'Write' });
    assert.deepEqual(
      [updated.OssBucketName, updated.EventRW, updated.TrailRegion],
      ['sixth', 'Write', 'All'],
    );
  });

  test('a trail is changed in its own region, and seen from others where it covers them', async () => {
    const elsewhere = { RegionId: 'cn-beijing' };
    for (const action of ['UpdateTrail', 'StartLogging', 'StopLogging', 'GetTrailStatus'] as const) {
      assert.deepEqual(await refused(action, { Name: 'limits', ...elsewhere }), [
        404,
        'TrailNotFoundException',
      ]);
    }
    assert.equal(await describe('limits', elsewhere), undefined);
    const shadow = await describe('limits', { ...elsewhere, IncludeShadowTrails: true });
    assert.deepEqual([shadow.Name, shadow.HomeRegion], ['limits', 'cn-hangzhou']);
    const { TrailList } = await call('DescribeTrails', {});
    assert.equal(TrailList.length, 5);
    assert.deepEqual((await call('DescribeTrails', { NameList: 'unknown' })).TrailList, []);
  });

  test('who was not given it may do nothing, and a policy on one trail is for that one', async () => {
    const Name = 'limits';
    for (const action of [
      'StartLogging',
      'StopLogging',
      'GetTrailStatus',
      'DeleteTrail',
      'DescribeTrails',
    ] as const) {
      assert.deepEqual(await refused(action, { Name }, user), [403, 'NoPermission'], action);
    }
    const PolicyDocument = JSON.stringify({
      Version: '1',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'actiontrail:GetTrailStatus',
          Resource: 'acs:actiontrail:cn-hangzhou:*:trail/limits',
        },
      ],
    });
    await server.ram('CreatePolicy', { PolicyName: 'one-trail', PolicyDocument });
    const attached = { PolicyType: 'Custom', PolicyName: 'one-trail', UserName: 'auditor' };
    await server.ram('AttachPolicyToUser', attached);
    assert.equal((await server.actiontrail('GetTrailStatus', { Name }, user)).status, 200);
    assert.equal((await server.actiontrail('GetTrailStatus', { Name: 'limits-second' }, user)).status, 403);
  });

  test('trails and how far they got outlast a restart', async () => {
    const Name = 'limits';
    const { RequestId } = await call('StartLogging', { Name });
    await arrived('sixth', RequestId);
    await server.restart();
    assert.equal((await describe(Name)).Status, 'Enable');
    const made = (await server.call('CreateKey')).body.RequestId;
    await arrived('sixth', made);
    const ids = (await events('sixth')).map(({ eventId }) => eventId);
    assert.equal(new Set(ids).size, ids.length);
  });
});
