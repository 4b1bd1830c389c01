import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ACCOUNT, type Credentials, startTestServer, type TestServer } from '../server.ts';
import { makeUser } from './people.ts';

/** The three policies of the vendor's user guide (RAM 7), each as a user has it. */
const FULL = { Effect: 'Allow', Action: ['kms:*'], Resource: ['*'] };
const READ_AND_USE = {
  Effect: 'Allow',
  Action: ['kms:List*', 'kms:Describe*', 'kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'],
  Resource: ['*'],
};
const APOLLO = {
  Effect: 'Allow',
  Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'],
  Resource: ['*'],
  Condition: { StringEqualsIgnoreCase: { 'kms:tag/Project': ['Apollo'] } },
};

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server[Symbol.asyncDispose]());

const makeKey = async (project?: string): Promise<string> => {
  const tags =
    project === undefined ? {} : { Tags: JSON.stringify([{ TagKey: 'Project', TagValue: project }]) };
  return (await server.call('CreateKey', tags)).body.KeyMetadata.KeyId;
};
/** Of these calls, in order, which are allowed. */
async function allowed(who: Credentials, calls: readonly (readonly [string, Record<string, string>])[]) {
  const done: string[] = [];
  for (const [action, parameters] of calls) {
    const { status, body } = await server.call(action, parameters, who);
    if (status === 200) done.push(action);
    else assert.equal(body.Code, 'Forbidden.NoPermission', `${action}: ${body.Code}`);
  }
  return done;
}

test('all of KMS', async () => {
  const who = await makeUser(server, 'full', [FULL]);
  const KeyId = await makeKey();
  const calls = [
    ['CreateKey', {}],
    ['Encrypt', { KeyId, Plaintext: 'x' }],
    ['CreateAlias', { KeyId, AliasName: 'alias/full' }],
    ['ScheduleKeyDeletion', { KeyId, PendingWindowInDays: '7' }],
    ['CancelKeyDeletion', { KeyId }],
  ] as const;
  assert.deepEqual(
    await allowed(who, calls),
    calls.map(([action]) => action),
  );
  assert.equal((await server.ram('ListUsers', {}, who)).body.Code, 'NoPermission', 'KMS is not RAM');
});

test('list, describe, encrypt, decrypt and make data keys', async () => {
  const who = await makeUser(server, 'reader', [READ_AND_USE]);
  const KeyId = await makeKey();
  const { CiphertextBlob } = (await server.call('Encrypt', { KeyId, Plaintext: 'x' })).body;
  const may = [
    ['ListKeys', {}],
    ['ListAliases', {}],
    ['ListKeyVersions', { KeyId }],
    ['DescribeKey', { KeyId }],
    ['DescribeAccountKmsStatus', {}],
    ['Encrypt', { KeyId, Plaintext: 'x' }],
    ['Decrypt', { CiphertextBlob }],
    ['GenerateDataKey', { KeyId }],
  ] as const;
  assert.deepEqual(
    await allowed(who, may),
    may.map(([action]) => action),
  );
  const mayNot = [
    ['GenerateDataKeyWithoutPlaintext', { KeyId }],
    ['CreateKey', {}],
    ['DisableKey', { KeyId }],
    ['ReEncrypt', { CiphertextBlob, DestinationKeyId: KeyId }],
    ['TagResource', { KeyId, Tags: '[{"TagKey":"a","TagValue":"b"}]' }],
  ] as const;
  assert.deepEqual(await allowed(who, mayNot), []);
});

test('the keys of one project: with, without and with another value of the tag', async () => {
  const who = await makeUser(server, 'apollo', [APOLLO]);
  const use = (KeyId: string) =>
    allowed(who, [
      ['Encrypt', { KeyId, Plaintext: 'x' }],
      ['GenerateDataKey', { KeyId }],
      ['DescribeKey', { KeyId }],
    ]);
  const tagged = await makeKey('APOLLO');
  assert.deepEqual(await use(tagged), ['Encrypt', 'GenerateDataKey']);
  assert.deepEqual(await use(await makeKey()), []);
  assert.deepEqual(await use(await makeKey('Gemini')), []);
  await server.call('UntagResource', { KeyId: tagged, TagKeys: '["Project"]' });
  assert.deepEqual(await use(tagged), [], 'with the next call after the tag is gone');
  const { CiphertextBlob } = (await server.call('Encrypt', { KeyId: tagged, Plaintext: 'x' })).body;
  assert.deepEqual(await allowed(who, [['Decrypt', { CiphertextBlob }]]), []);
});

test('what is taken is refused with the next call, in a session that is under way too', async () => {
  const who = await makeUser(server, 'taken', [{ Effect: 'Allow', Action: '*', Resource: '*' }]);
  const trust = {
    Version: '1',
    Statement: [
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: [`acs:ram::${ACCOUNT}:user/taken`] } },
    ],
  };
  await server.ram('CreateRole', { RoleName: 'taken', AssumeRolePolicyDocument: JSON.stringify(trust) });
  const attached = { PolicyName: 'taken', PolicyType: 'Custom' };
  await server.ram('AttachPolicyToRole', { ...attached, RoleName: 'taken' });
  const RoleArn = `acs:ram::${ACCOUNT}:role/taken`;
  const { Credentials: issued } = (await server.sts('AssumeRole', { RoleArn, RoleSessionName: 's-1' }, who))
    .body;
  const session = {
    accessKeyId: issued.AccessKeyId,
    accessKeySecret: issued.AccessKeySecret,
    securityToken: issued.SecurityToken,
  };
  const code = async (credentials: Credentials) =>
    (await server.call('ListKeys', {}, credentials)).body.Code ?? 'allowed';
  assert.deepEqual([await code(who), await code(session)], ['allowed', 'allowed']);

  await server.ram('DetachPolicyFromRole', { ...attached, RoleName: 'taken' });
  assert.deepEqual([await code(who), await code(session)], ['allowed', 'Forbidden.NoPermission']);
  await server.ram('DetachPolicyFromUser', { ...attached, UserName: 'taken' });
  assert.equal(await code(who), 'Forbidden.NoPermission');
  await server.ram('AttachPolicyToRole', { ...attached, RoleName: 'taken' });
  assert.equal(await code(session), 'allowed');
  await server.ram('DetachPolicyFromRole', { ...attached, RoleName: 'taken' });
  await server.ram('DeleteRole', { RoleName: 'taken' });
  assert.equal(await code(session), 'InvalidSecurityToken.Expired');
  const key = { UserName: 'taken', UserAccessKeyId: who.accessKeyId };
  await server.ram('UpdateAccessKey', { ...key, Status: 'Inactive' });
  assert.equal(await code(who), 'InvalidAccessKeyId.Inactive');
  await server.ram('DeleteAccessKey', key);
  assert.equal(await code(who), 'InvalidAccessKeyId.NotFound');
});

test('a group gives to its members, and a Deny outweighs it', async () => {
  const who = await makeUser(server, 'member', []);
  await server.ram('CreateGroup', { GroupName: 'crypto' });
  await server.ram('AttachPolicyToGroup', {
    GroupName: 'crypto',
    PolicyName: 'AliyunKMSFullAccess',
    PolicyType: 'System',
  });
  const code = async () => (await server.call('ListKeys', {}, who)).body.Code ?? 'allowed';
  assert.equal(await code(), 'Forbidden.NoPermission');
  await server.ram('AddUserToGroup', { GroupName: 'crypto', UserName: 'member' });
  assert.equal(await code(), 'allowed');
  const PolicyDocument = JSON.stringify({
    Version: '1',
    Statement: [{ Effect: 'Deny', Action: 'kms:ListKeys', Resource: '*' }],
  });
  await server.ram('CreatePolicy', { PolicyName: 'NoList', PolicyDocument });
  await server.ram('AttachPolicyToUser', { PolicyName: 'NoList', PolicyType: 'Custom', UserName: 'member' });
  const denied = (await server.call('ListKeys', {}, who)).body;
  assert.equal(denied.AccessDeniedDetail.NoPermissionType, 'ExplicitDeny');
});

test('a policy that is none is refused with where, and nothing of it is stored', async () => {
  const statement = { Effect: 'Allow', Action: 'kms:*', Resource: '*' };
  const wrong: readonly (readonly [document: string, where: RegExp])[] = [
    ['{"Version":"1","Statement":[', /line 1/],
    [JSON.stringify({ Version: '2', Statement: [statement] }), /Version/],
    [
      JSON.stringify({ Version: '1', Statement: [{ ...statement, Effect: 'Maybe' }] }),
      /Statement\[0\]\.Effect/,
    ],
    [
      JSON.stringify({ Version: '1', Statement: [statement, { ...statement, Principal: '*' }] }),
      /Statement\[1\]\.Principal/,
    ],
    [
      JSON.stringify({
        Version: '1',
        Statement: [{ ...statement, Condition: { StringEqualsIfExists: { a: 'b' } } }],
      }),
      /IfExists/,
    ],
    [
      '{"Version":"1","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}',
      /Effect/,
    ],
  ];
  for (const [PolicyDocument, where] of wrong) {
    const { status, body } = await server.ram('CreatePolicy', { PolicyName: 'Wrong', PolicyDocument });
    assert.deepEqual([status, body.Code], [400, 'MalformedPolicyDocument'], PolicyDocument);
    assert.match(body.Message, where);
  }
  const gone = await server.ram('GetPolicy', { PolicyName: 'Wrong', PolicyType: 'Custom' });
  assert.equal(gone.body.Code, 'EntityNotExist.Policy');
});

test('roles and policies have tags for conditions, too', async () => {
  const who = await makeUser(server, 'steward', [
    {
      Effect: 'Allow',
      Action: 'ram:GetRole',
      Resource: '*',
      Condition: { StringEquals: { 'acs:ResourceTag/team': 'orders' } },
    },
  ]);
  const trust = {
    Version: '1',
    Statement: [
      { Effect: 'Deny', Action: 'sts:AssumeRole', Principal: { RAM: [`acs:ram::${ACCOUNT}:root`] } },
    ],
  };
  const AssumeRolePolicyDocument = JSON.stringify(trust);
  const tagged = {
    RoleName: 'of-orders',
    AssumeRolePolicyDocument,
    Tag: '[{"Key":"team","Value":"orders"}]',
  };
  assert.equal((await server.ram('CreateRole', tagged)).status, 200);
  await server.ram('CreateRole', { RoleName: 'of-nobody', AssumeRolePolicyDocument });
  const status = async (RoleName: string) => (await server.ram('GetRole', { RoleName }, who)).status;
  assert.deepEqual([await status('of-orders'), await status('of-nobody')], [200, 403]);
});
