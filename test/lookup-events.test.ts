import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ACCOUNT, type Credentials, type Parameters, startTestServer, type TestServer } from './server.ts';

let now = Date.parse('2026-03-04T08:00:00Z');
let server: TestServer;
let KeyId: string;
let user: Credentials;
before(async () => {
  server = await startTestServer({ KEYHOLD_REGIONS: 'cn-hangzhou,cn-beijing' }, () => now);
  ({ KeyId } = (await server.call('CreateKey')).body.KeyMetadata);
  await server.ram('CreateUser', { UserName: 'billing' });
  const { AccessKey } = (await server.ram('CreateAccessKey', { UserName: 'billing' })).body;
  user = { accessKeyId: AccessKey.AccessKeyId, accessKeySecret: AccessKey.AccessKeySecret };
});
after(() => server[Symbol.asyncDispose]());

/** Every call at another second: no two events of a test are alike. */
const call = (action: string, parameters: Parameters = {}, as?: Credentials) => {
  now += 1000;
  return server.call(action, parameters, as);
};
const lookup = (parameters: Parameters = {}) => {
  now += 1000;
  return server.actiontrail('LookupEvents', parameters);
};
const by = (Key: string, Value: string, n = 1) => ({
  [`LookupAttribute.${n}.Key`]: Key,
  [`LookupAttribute.${n}.Value`]: Value,
});
const names = (answer: { readonly body: { readonly Events: readonly { readonly eventName: string }[] } }) =>
  answer.body.Events.map(({ eventName }) => eventName);

test('what was done to a key is found by its id, newest first, right after it was done', async () => {
  await call('Encrypt', { KeyId, Plaintext: 'hush', EncryptionContext: '{"a":"b"}' });
  const { RequestId } = (await call('DisableKey', { KeyId })).body;
  await call('EnableKey', { KeyId });
  const answer = await lookup(by('ResourceName', KeyId));
  assert.equal(answer.status, 200);
  assert.deepEqual(names(answer), ['EnableKey', 'DisableKey', 'Encrypt', 'CreateKey']);
  const { Events, NextToken } = answer.body;
  assert.equal(NextToken, '');
  assert.equal(Events[1].requestId, RequestId);
  assert.deepEqual(Events[1].eventAttributes, { SensitiveAction: true });
  assert.deepEqual(Events[2].requestParameters, {
    KeyId,
    EncryptionContext: '{"a":"b"}',
    RegionId: 'cn-hangzhou',
  });
  assert.equal(Events[2].recipientAccountId, ACCOUNT);
  assert.doesNotMatch(JSON.stringify(Events), /hush/);
  const forward = await lookup({ ...by('ResourceName', KeyId), Direction: 'FORWARD' });
  assert.deepEqual(names(forward), names(answer).reverse());
});

test('two filters are joined, of the same key twice the second counts, a third is ignored', async () => {
  const key = by('ResourceName', KeyId);
  const encrypts = await lookup({ ...key, ...by('EventName', 'Encrypt', 2), ...by('User', 'nobody', 3) });
  assert.deepEqual(names(encrypts), ['Encrypt']);
  const second = await lookup({ ...by('EventName', 'Encrypt'), ...by('EventName', 'EnableKey', 2) });
  assert.deepEqual(names(second), ['EnableKey']);
  assert.deepEqual(names(await lookup(by('EventName', 'encrypt'))), []);
});

test('a refused call of a user is there, with the user and the reason', async () => {
  const refused = await call('DescribeKey', { KeyId }, user);
  assert.equal(refused.status, 403);
  const { Events } = (await lookup(by('User', 'billing'))).body;
  assert.equal(Events.length, 1);
  assert.equal(Events[0].userIdentity.type, 'ram-user');
  assert.equal(Events[0].errorCode, refused.body.Code);
  assert.equal(Events[0].responseElements, undefined);
  const byKey = (await lookup(by('EventAccessKeyId', user.accessKeyId))).body.Events;
  const byId = (await lookup(by('EventId', Events[0].eventId))).body.Events;
  assert.deepEqual([byKey, byId], [Events, Events]);
  const asUser = await server.actiontrail('LookupEvents', {}, user);
  assert.equal(asUser.status, 403);
});

test('events are in the region of the call, those of RAM in the first region alone', async () => {
  await call('ListKeys', { RegionId: 'cn-beijing' });
  const beijing = await lookup({ RegionId: 'cn-beijing', MaxResults: '50' });
  assert.ok(names(beijing).includes('ListKeys'));
  for (const { acsRegion } of beijing.body.Events) assert.equal(acsRegion, 'cn-beijing');
  const home = await lookup({ MaxResults: '50' });
  assert.ok(names(home).includes('CreateUser'));
  assert.ok(!names(home).includes('ListKeys'));
});

test('pages together are everything, though calls go on, and tokens serve their question alone', async () => {
  const all = names(await lookup({ MaxResults: '50', Direction: 'FORWARD' }));
  const paged: string[] = [];
  let token = '';
  do {
    const page = await lookup({ MaxResults: '4', Direction: 'FORWARD', ...(token && { NextToken: token }) });
    paged.push(...names(page));
    token = page.body.NextToken;
  } while (token && paged.length < all.length);
  assert.deepEqual(paged.slice(0, all.length), all);

  const { NextToken } = (await lookup({ MaxResults: '1' })).body;
  assert.equal((await lookup({ MaxResults: '2', NextToken })).status, 200);
  for (const wrong of [
    { NextToken: `${NextToken}x` },
    { NextToken, Direction: 'FORWARD' },
    { NextToken, RegionId: 'cn-beijing' },
    { NextToken, ...by('EventName', 'Encrypt') },
  ]) {
    const { status, body } = await lookup(wrong);
    assert.deepEqual([status, body.Code], [400, 'InvalidQueryParameter']);
  }
});

test('the range is answered, its default is seven days, and what is out of range is refused', async () => {
  const asOf = new Date(now + 1000).toISOString().slice(0, 19);
  const { StartTime, EndTime } = (await lookup()).body;
  assert.equal(EndTime, `${asOf}Z`);
  assert.equal(StartTime, EndTime.replace('03-04', '02-25'));
  const moment = (seconds: number) => `${new Date(now + 1000 * seconds).toISOString().slice(0, 19)}Z`;
  const range = (from: number, to: number) => lookup({ StartTime: moment(from), EndTime: moment(to) });
  const day = 86_400;
  assert.equal((await range(-90 * day, 0)).status, 200);
  assert.equal((await range(-10, 3600)).body.EndTime, `${new Date(now).toISOString().slice(0, 19)}Z`);
  assert.deepEqual((await range(-80 * day, -70 * day)).body.Events, []);
  const codes = [
    (await range(-91 * day, 0)).body.Code,
    (await range(3600, 7200)).body.Code,
    (await range(0, 0)).body.Code,
    (await lookup({ StartTime: 'yesterday', EndTime: moment(0) })).body.Code,
    (await lookup({ MaxResults: '51' })).body.Code,
    (await lookup(by('Username', 'x'))).body.Code,
  ];
  assert.deepEqual(codes, [
    'InvalidParameterStartTime',
    'InvalidParameterStartTime',
    'InvalidParameterCombination',
    'InvalidParameterStartTime',
    'InvalidQueryParameter',
    'InvalidQueryParameter',
  ]);
});

test('the index is made anew where it is gone', async () => {
  const before = (await lookup(by('ResourceName', KeyId))).body.Events;
  await server.stop();
  await rm(join(server.dataDir, 'lookup'), { recursive: true });
  await server.restart();
  assert.deepEqual((await lookup(by('ResourceName', KeyId))).body.Events, before);
});
