import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RAM } from '@keyhold/api/ram/product.ts';
import { ACCOUNT, type Parameters, ROOT, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server[Symbol.asyncDispose]());

const document = (action: string, more: object = { Resource: '*' }) =>
  JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: action, ...more }] });
const PolicyDocument = document('kms:ListKeys');
const trust = document('sts:AssumeRole', { Principal: { RAM: [`acs:ram::${ACCOUNT}:root`] } });

const user = { UserName: 'ann' };
const group = { GroupName: 'ops' };
const role = { RoleName: 'deploy' };
const policy = { PolicyType: 'Custom', PolicyName: 'own' };
const tagged = { ResourceType: 'role', ResourceNames: '["deploy"]' };
let key: Parameters = {};

/** One success of every operation, in an order in which each finds what it needs. */
const CALLS: readonly (readonly [action: string, parameters: () => Parameters])[] = [
  ['CreateUser', () => user],
  ['GetUser', () => user],
  ['UpdateUser', () => ({ ...user, NewComments: 'c' })],
  ['ListUsers', () => ({})],
  ['CreateAccessKey', () => user],
  ['ListAccessKeys', () => user],
  ['UpdateAccessKey', () => ({ ...user, ...key, Status: 'Inactive' })],
  ['GetAccessKeyLastUsed', () => ({ UserAccessKeyId: ROOT.accessKeyId })],
  ['DeleteAccessKey', () => ({ ...user, ...key })],
  ['CreateGroup', () => group],
  ['GetGroup', () => group],
  ['UpdateGroup', () => ({ ...group, NewComments: 'c' })],
  ['ListGroups', () => ({})],
  ['AddUserToGroup', () => ({ ...user, ...group })],
  ['ListGroupsForUser', () => user],
  ['ListUsersForGroup', () => group],
  ['CreatePolicy', () => ({ PolicyName: 'own', PolicyDocument })],
  ['GetPolicy', () => policy],
  ['UpdatePolicyDescription', () => ({ PolicyName: 'own', NewDescription: 'd' })],
  ['ListPolicies', () => ({})],
  ['CreatePolicyVersion', () => ({ PolicyName: 'own', PolicyDocument })],
  ['GetPolicyVersion', () => ({ ...policy, VersionId: 'v2' })],
  ['ListPolicyVersions', () => policy],
  ['SetDefaultPolicyVersion', () => ({ PolicyName: 'own', VersionId: 'v2' })],
  ['DeletePolicyVersion', () => ({ PolicyName: 'own', VersionId: 'v1' })],
  ['CreateRole', () => ({ ...role, AssumeRolePolicyDocument: trust })],
  ['GetRole', () => role],
  ['UpdateRole', () => ({ ...role, NewDescription: 'd' })],
  ['ListRoles', () => ({})],
  ['TagResources', () => ({ ...tagged, Tag: '[{"Key":"k","Value":"v"}]' })],
  ['ListTagResources', () => tagged],
  ['UntagResources', () => ({ ...tagged, TagKeys: '["k"]' })],
  ['AttachPolicyToUser', () => ({ ...policy, ...user })],
  ['AttachPolicyToGroup', () => ({ ...policy, ...group })],
  ['AttachPolicyToRole', () => ({ ...policy, ...role })],
  ['ListPoliciesForUser', () => user],
  ['ListPoliciesForGroup', () => group],
  ['ListPoliciesForRole', () => role],
  ['ListEntitiesForPolicy', () => policy],
  ['DetachPolicyFromUser', () => ({ ...policy, ...user })],
  ['DetachPolicyFromGroup', () => ({ ...policy, ...group })],
  ['DetachPolicyFromRole', () => ({ ...policy, ...role })],
  ['RemoveUserFromGroup', () => ({ ...user, ...group })],
  ['DeleteUser', () => user],
  ['DeleteGroup', () => group],
  ['DeleteRole', () => role],
  ['DeletePolicy', () => ({ PolicyName: 'own' })],
];

test('every operation answers what the contract says, and nothing else', async () => {
  for (const [action, parameters] of CALLS) {
    const { status, body } = await server.ram(action, parameters());
    assert.equal(status, 200, `${action}: ${JSON.stringify(body)}`);
    const { RequestId, ...result } = body;
    assert.match(RequestId, /^[0-9A-F-]{36}$/);
    assert.deepEqual(RAM.operations.get(action)?.response.parse(result), result, action);
    if (action === 'CreateAccessKey') key = { UserAccessKeyId: body.AccessKey.AccessKeyId };
  }
});

/** Of who may do what, and what explains it. */
const ELSEWHERE = ['DecodeDiagnosticMessage', 'SimulatePolicy'];

test('every operation is among them', () => {
  const called = new Set([...CALLS.map(([action]) => action), ...ELSEWHERE]);
  assert.deepEqual([...called].toSorted(), [...RAM.operations.keys()].toSorted());
});

test('a user signs with its own key until that is switched off, also after a restart', async () => {
  await server.ram('CreateUser', { UserName: 'eve' });
  const made = (await server.ram('CreateAccessKey', { UserName: 'eve' })).body.AccessKey;
  const eve = { accessKeyId: made.AccessKeyId, accessKeySecret: made.AccessKeySecret };
  const lists = async () => (await server.call('ListKeys', {}, eve)).status;
  assert.equal(await lists(), 403, 'a new user may do nothing');
  const attachment = { UserName: 'eve', PolicyType: 'System', PolicyName: 'AliyunKMSReadOnlyAccess' };
  await server.ram('AttachPolicyToUser', attachment);
  assert.equal(await lists(), 200);
  const own = { UserName: 'eve', UserAccessKeyId: eve.accessKeyId };
  const used = await server.ram('GetAccessKeyLastUsed', own);
  assert.match(used.body.AccessKeyLastUsed.LastUsedDate, /^20\d\d-.*:00Z$/);
  await server.restart();
  assert.equal(await lists(), 200);
  assert.deepEqual((await server.ram('GetAccessKeyLastUsed', own)).status, 200);
  await server.ram('UpdateAccessKey', { ...own, Status: 'Inactive' });
  const { status, body } = await server.call('ListKeys', {}, eve);
  assert.deepEqual([status, body.Code], [400, 'InvalidAccessKeyId.Inactive']);
});

test('thirty changes at once are all made', async () => {
  const names = Array.from({ length: 30 }, (_, i) => `user${i}`);
  const answers = await Promise.all(names.map((UserName) => server.ram('CreateUser', { UserName })));
  assert.deepEqual(
    answers.map(({ status }) => status),
    names.map(() => 200),
  );
});

test('refusals are told in the dialect of the gateway', async () => {
  const { status, body } = await server.ram('GetUser', { UserName: 'nobody' });
  assert.deepEqual([status, body.Code], [404, 'EntityNotExist.User']);
  assert.equal(body.HttpStatus, undefined);
  const wrong = { PolicyName: 'bad', PolicyDocument: PolicyDocument.replace('Allow', 'Perhaps') };
  const bad = await server.ram('CreatePolicy', wrong);
  assert.deepEqual([bad.status, bad.body.Code], [400, 'MalformedPolicyDocument']);
  assert.match(bad.body.Message, /Statement\[0\]\.Effect/);
});
