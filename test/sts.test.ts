import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createKmsClient } from '@keyhold/client/kms.ts';
import { createAccountIn } from '@keyhold/server/accounts/create-account-in.ts';
import { readConfig } from '@keyhold/server/config.ts';
import { ACCOUNT, type Answer, type Credentials, type Parameters, startTestServer } from './server.ts';

const START = Date.now();
const clock = { now: START };
const server = await startTestServer({}, () => clock.now);
after(() => server[Symbol.asyncDispose]());

const OTHER = '2000000000000002';
const policyOf = (...statements: readonly object[]): string =>
  JSON.stringify({
    Version: '1',
    Statement: statements.map((statement) => ({ Effect: 'Allow', Resource: '*', ...statement })),
  });
const trustOf = (principal: object, condition?: object): string =>
  JSON.stringify({
    Version: '1',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: principal,
        ...(condition && { Condition: condition }),
      },
    ],
  });
const ANYONE = { RAM: [`acs:ram::${ACCOUNT}:root`] };
const roleArn = (name: string, account = ACCOUNT): string => `acs:ram::${account}:role/${name}`;

function succeed(answer: Answer): Answer['body'] {
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}
const ram = async (action: string, parameters: Parameters, as?: Credentials) =>
  succeed(await server.ram(action, parameters, as));

/** A user or role with a policy of its own, which allows the actions everywhere. */
async function grant(kind: 'User' | 'Role', name: string, action: string, as?: Credentials): Promise<void> {
  const PolicyName = `${kind}-${name}`;
  await ram('CreatePolicy', { PolicyName, PolicyDocument: policyOf({ Action: action }) }, as);
  const to = { PolicyName, PolicyType: 'Custom', [`${kind}Name`]: name };
  await ram(`AttachPolicyTo${kind}`, to, as);
}
async function newUser(UserName: string, action: string, as?: Credentials): Promise<Credentials> {
  await ram('CreateUser', { UserName }, as);
  await grant('User', UserName, action, as);
  const { AccessKey } = await ram('CreateAccessKey', { UserName }, as);
  return { accessKeyId: AccessKey.AccessKeyId, accessKeySecret: AccessKey.AccessKeySecret };
}
async function newRole(RoleName: string, action: string, trust = trustOf(ANYONE), more: Parameters = {}) {
  const { Role } = await ram('CreateRole', { RoleName, AssumeRolePolicyDocument: trust, ...more });
  await grant('Role', RoleName, action);
  return Role.RoleId as string;
}
const assume = (role: string, as?: Credentials, more: Parameters = {}) =>
  server.sts('AssumeRole', { RoleArn: roleArn(role), RoleSessionName: 'me', ...more }, as);
async function session(role: string, as?: Credentials, more: Parameters = {}): Promise<Credentials> {
  const { Credentials } = succeed(await assume(role, as, more));
  return {
    accessKeyId: Credentials.AccessKeyId,
    accessKeySecret: Credentials.AccessKeySecret,
    securityToken: Credentials.SecurityToken,
  };
}
const refuses = ({ status, body }: Answer, expected: number, code: string): void =>
  assert.deepEqual([status, body.Code], [expected, code], JSON.stringify(body));

const ann = await newUser('ann', 'sts:AssumeRole');
await newRole('Worker', 'kms:*');

test('GetCallerIdentity tells account, user and session who they are, whatever they may do', async () => {
  const nobody = await newUser('nobody', 'kms:List*');
  const { User } = await ram('GetUser', { UserName: 'nobody' });
  const roleId = await newRole('Shown', 'kms:List*');
  const caller = await session('Shown', ann);
  const told = async (as?: Credentials) => {
    const { RequestId, ...identity } = succeed(await server.sts('GetCallerIdentity', {}, as));
    assert.match(RequestId, /^[0-9A-F-]{36}$/);
    return identity;
  };
  assert.deepEqual(await told(), {
    IdentityType: 'Account',
    AccountId: ACCOUNT,
    PrincipalId: ACCOUNT,
    UserId: ACCOUNT,
    Arn: `acs:ram::${ACCOUNT}:root`,
  });
  assert.deepEqual(await told(nobody), {
    IdentityType: 'RAMUser',
    AccountId: ACCOUNT,
    PrincipalId: User.UserId,
    UserId: User.UserId,
    Arn: `acs:ram::${ACCOUNT}:user/nobody`,
  });
  assert.deepEqual(await told(caller), {
    IdentityType: 'AssumedRoleUser',
    AccountId: ACCOUNT,
    PrincipalId: `${roleId}:me`,
    RoleId: roleId,
    Arn: `acs:ram::${ACCOUNT}:role/Shown/me`,
  });
});

test('AssumeRole answers credentials of the role, found without regard to case', async () => {
  const { RequestId: _, ...body } = succeed(await assume('WORKER', ann, { DurationSeconds: 900 }));
  const { Role } = await ram('GetRole', { RoleName: 'Worker' });
  assert.deepEqual(body.AssumedRoleUser, {
    Arn: `${roleArn('Worker')}/me`,
    AssumedRoleId: `${Role.RoleId}:me`,
  });
  const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration, ...others } = body.Credentials;
  assert.match(AccessKeyId, /^STS\./);
  assert.ok(AccessKeySecret && SecurityToken);
  assert.equal(Expiration, `${new Date(clock.now + 900_000).toISOString().slice(0, 19)}Z`);
  assert.deepEqual(others, {});
});

test('every signature scheme takes the credentials of a session', async () => {
  const credentials = { ...(await session('Worker', ann)), securityToken: '' };
  const { securityToken } = await session('Worker', ann);
  const whole = await session('Worker', ann);
  for (const signature of ['ACS3-HMAC-SHA256', 'HMAC-SHA1', 'HMAC-SHA256'] as const) {
    const options = { endpoint: server.url, signature, attempts: 1 };
    const client = createKmsClient({
      ...options,
      credentials: { ...whole, securityToken: whole.securityToken ?? '' },
    });
    assert.ok((await client.CreateKey({})).KeyMetadata.KeyId, signature);
    const mixed = { ...credentials, securityToken: securityToken ?? '' };
    await assert.rejects(createKmsClient({ ...options, credentials: mixed }).ListKeys({}), {
      code: 'InvalidSecurityToken.MismatchWithAccessKey',
    });
  }
});

test('both sides must allow, and the account itself assumes nothing', async () => {
  await newRole('Strict', 'kms:*', trustOf({ RAM: `acs:ram::${ACCOUNT}:user/ann` }));
  await newRole('Secret', 'kms:*', trustOf(ANYONE, { StringEquals: { 'sts:ExternalId': 'batch-7' } }));
  const bob = await newUser('bob', 'sts:AssumeRole');
  const eve = await newUser('eve', 'kms:*');
  succeed(await assume('Strict', ann));
  refuses(await assume('Strict', bob), 403, 'NoPermission');
  refuses(await assume('Worker', eve), 403, 'NoPermission');
  const byRoot = await assume('Worker');
  refuses(byRoot, 403, 'NoPermission');
  assert.equal(byRoot.body.Message, 'Roles may not be assumed by root accounts.');
  refuses(await assume('Secret', ann), 403, 'NoPermission');
  refuses(await assume('Secret', ann, { ExternalId: 'batch-8' }), 403, 'NoPermission');
  succeed(await assume('Secret', ann, { ExternalId: 'batch-7' }));
});

test('that a role is missing is told to those who might assume it', async () => {
  const eve = await newUser('eve-2', 'kms:*');
  refuses(await assume('Nobody', ann), 404, 'EntityNotExist.Role');
  refuses(await assume('Nobody', eve), 403, 'NoPermission');
  const elsewhere = { RoleArn: roleArn('Nobody', OTHER) };
  refuses(await assume('', ann, elsewhere), 403, 'NoPermission');
});

test('a session lasts no longer than its role allows, and its policy is a policy', async () => {
  await newRole('Short', 'kms:*', trustOf(ANYONE), { MaxSessionDuration: 3600 });
  await newRole('Long', 'kms:*', trustOf(ANYONE), { MaxSessionDuration: 43_200 });
  refuses(await assume('Short', ann, { DurationSeconds: 3601 }), 400, 'InvalidParameter.DurationSeconds');
  refuses(await assume('Short', ann, { DurationSeconds: 899 }), 400, 'InvalidParameter.DurationSeconds');
  succeed(await assume('Short', ann, { DurationSeconds: 3600 }));
  succeed(await assume('Long', ann, { DurationSeconds: 43_200 }));
  const bad = await assume('Long', ann, { Policy: '{"Version":"1","Statement":[{"Effect":"Allow"}]}' });
  refuses(bad, 400, 'InvalidParameter.PolicyGrammar');
  assert.match(bad.body.Message, /Statement\[0\]/);
  refuses(await assume('Long', ann, { Policy: 'x'.repeat(2049) }), 400, 'InvalidParameter.PolicySize');
});

test('a session may what its role and its policy both allow', async () => {
  await newRole('Half', 'kms:List*');
  const open = await session('Half', ann);
  succeed(await server.call('ListKeys', {}, open));
  refuses(await server.call('CreateKey', {}, open), 403, 'Forbidden.NoPermission');
  const narrow = await session('Half', ann, {
    Policy: policyOf({ Action: 'kms:*Aliases' }, { Action: 'kms:CreateKey' }),
  });
  succeed(await server.call('ListAliases', {}, narrow));
  refuses(await server.call('ListKeys', {}, narrow), 403, 'Forbidden.NoPermission');
  refuses(await server.call('CreateKey', {}, narrow), 403, 'Forbidden.NoPermission');
});

test('a session assumes another role, with the rights of that one alone', async () => {
  await newRole('Second', 'kms:ListKeys');
  await newRole('First', 'sts:AssumeRole');
  const first = await session('First', ann);
  const second = await session('Second', first);
  succeed(await server.call('ListKeys', {}, second));
  refuses(await server.call('ListKeys', {}, first), 403, 'Forbidden.NoPermission');
  refuses(await assume('First', second), 403, 'NoPermission');
});

test('a role of another account is assumed where both accounts say so', async () => {
  const config = readConfig({ KEYHOLD_DATA_DIR: server.dataDir });
  const made = await createAccountIn(config, { accountId: OTHER, name: 'other' });
  const root = { accessKeyId: made.AccessKeyId, accessKeySecret: made.AccessKeySecret };
  for (let i = 0; i < 100 && (await server.sts('GetCallerIdentity', {}, root)).status !== 200; i++) {
    await setTimeout(50);
  }
  await newRole('Guest', 'kms:*', trustOf({ RAM: [`acs:ram::${OTHER}:root`] }));
  const zoe = await newUser('zoe', 'sts:AssumeRole', root);
  const nina = await newUser('nina', 'kms:*', root);
  const guest = await session('Guest', zoe);
  const { AccountId, Arn } = succeed(await server.sts('GetCallerIdentity', {}, guest));
  assert.deepEqual([AccountId, Arn], [ACCOUNT, `${roleArn('Guest')}/me`]);
  refuses(await assume('Guest', nina), 403, 'NoPermission');
  refuses(await assume('Guest', root), 403, 'NoPermission');
  refuses(await assume('Guest', ann), 403, 'NoPermission');
  refuses(await assume('Worker', zoe), 403, 'NoPermission');
});

test('a session ends at its millisecond', async () => {
  const short = await session('Worker', ann, { DurationSeconds: 900 });
  const started = clock.now;
  clock.now = started + 900_000 - 1;
  succeed(await server.call('ListKeys', {}, short));
  clock.now = started + 900_000;
  refuses(await server.call('ListKeys', {}, short), 400, 'InvalidSecurityToken.Expired');
});

test('a session ends with its role, and no role of that name brings it back', async () => {
  await newRole('Gone', 'kms:*');
  const caller = await session('Gone', ann);
  succeed(await server.call('ListKeys', {}, caller));
  const attached = { PolicyName: 'Role-Gone', PolicyType: 'Custom', RoleName: 'Gone' };
  await ram('DetachPolicyFromRole', attached);
  await ram('DeleteRole', { RoleName: 'Gone' });
  refuses(await server.call('ListKeys', {}, caller), 400, 'InvalidSecurityToken.Expired');
  await ram('CreateRole', { RoleName: 'Gone', AssumeRolePolicyDocument: trustOf(ANYONE) });
  await ram('AttachPolicyToRole', attached);
  refuses(await server.call('ListKeys', {}, caller), 400, 'InvalidSecurityToken.Expired');
  succeed(await server.call('ListKeys', {}, await session('Gone', ann)));
});

test('a token, an id and a secret belong together', async () => {
  const [one, two] = [await session('Worker', ann), await session('Worker', ann)];
  const { securityToken: _, ...bare } = one;
  const cases: readonly (readonly [Credentials, string])[] = [
    [bare, 'MissingSecurityToken'],
    [{ ...one, securityToken: two.securityToken ?? '' }, 'InvalidSecurityToken.MismatchWithAccessKey'],
    [{ ...one, securityToken: `${one.securityToken?.slice(0, -1)}A` }, 'InvalidSecurityToken.Malformed'],
    [{ ...ann, securityToken: one.securityToken ?? '' }, 'InvalidSecurityToken.MismatchWithAccessKey'],
    [{ ...one, accessKeySecret: two.accessKeySecret }, 'SignatureDoesNotMatch'],
  ];
  for (const [credentials, code] of cases) {
    refuses(await server.call('ListKeys', {}, credentials), 400, code);
  }
});

test('a session outlives a restart: nothing of it is stored', async () => {
  const caller = await session('Worker', ann);
  await server.restart();
  succeed(await server.call('ListKeys', {}, caller));
});
