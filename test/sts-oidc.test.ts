import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { IMS } from '@keyhold/api/ims/product.ts';
import { STS } from '@keyhold/api/sts/product.ts';
import { type Claims, newKey, sign, startIssuer } from '@keyhold/server/oidc/test-kit/issuer.ts';
import { ACCOUNT, type Answer, type Credentials, type Parameters, send, startTestServer } from './server.ts';

const clock = { now: 1_800_000_000_000 };
const server = await startTestServer({}, () => clock.now);
after(() => server[Symbol.asyncDispose]());
const key = await newKey('ES256', 'k');
const issuer = await startIssuer([key]);
after(() => issuer.close());

const SUBJECT = 'repo:team/app:ref:refs/heads/main';
const tokenOf = (changes: Claims = {}): Promise<string> =>
  sign(key, {
    iss: issuer.url,
    sub: SUBJECT,
    aud: 'sts.aliyuncs.com',
    iat: clock.now / 1000,
    exp: clock.now / 1000 + 300,
    ...changes,
  });

/** As a client sends it that has nothing but a token. */
async function exchange(token: string, more: Parameters = {}): Promise<Answer> {
  const parameters = {
    Action: 'AssumeRoleWithOIDC',
    Version: STS.version,
    Format: 'JSON',
    OIDCProviderArn: `acs:ram::${ACCOUNT}:oidc-provider/ci`,
    OIDCToken: token,
    RoleArn: `acs:ram::${ACCOUNT}:role/Builder`,
    RoleSessionName: 'build-1',
    ...more,
  };
  return send(server.url, `/?${new URLSearchParams(parameters as Record<string, string>)}`);
}
const refuses = ({ status, body }: Answer, expected: number, code: string): void =>
  assert.deepEqual([status, body.Code], [expected, code], JSON.stringify(body));
async function ok(answer: Promise<Answer>): Promise<Answer['body']> {
  const { status, body } = await answer;
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}
const credentialsOf = ({ Credentials }: Answer['body']): Credentials => ({
  accessKeyId: Credentials.AccessKeyId,
  accessKeySecret: Credentials.AccessKeySecret,
  securityToken: Credentials.SecurityToken,
});

const trustOf = (...statements: readonly object[]): string =>
  JSON.stringify({
    Version: '1',
    Statement: statements.map((statement) => ({ Effect: 'Allow', Action: 'sts:AssumeRole', ...statement })),
  });
const Federated = `acs:ram::${ACCOUNT}:oidc-provider/ci`;
const ims = (action: string, parameters: Parameters) =>
  ok(server.sts(action, { Version: IMS.version, OIDCProviderName: 'ci', ...parameters }));
const retrust = (...statements: readonly object[]) =>
  ok(server.ram('UpdateRole', { RoleName: 'Builder', NewAssumeRolePolicyDocument: trustOf(...statements) }));

await ims('CreateOIDCProvider', { IssuerUrl: issuer.url, ClientIds: 'sts.aliyuncs.com' });
const IS_MAIN = {
  StringEquals: { 'oidc:iss': issuer.url, 'oidc:aud': 'sts.aliyuncs.com' },
  StringLike: { 'oidc:sub': 'repo:team/app:*' },
};
const { Role } = await ok(
  server.ram('CreateRole', {
    RoleName: 'Builder',
    AssumeRolePolicyDocument: trustOf({ Principal: { Federated }, Condition: IS_MAIN }),
  }),
);
await ok(
  server.ram('AttachPolicyToRole', {
    PolicyType: 'System',
    PolicyName: 'AliyunKMSReadOnlyAccess',
    RoleName: 'Builder',
  }),
);

test('a token becomes a session of the role that trusts its issuer', async () => {
  const body = await ok(exchange(await tokenOf(), { DurationSeconds: 900 }));
  assert.deepEqual(body.AssumedRoleUser, {
    Arn: `acs:ram::${ACCOUNT}:role/Builder/build-1`,
    AssumedRoleId: `${Role.RoleId}:build-1`,
  });
  assert.deepEqual(body.OIDCTokenInfo, {
    Subject: SUBJECT,
    Issuer: issuer.url,
    ClientIds: 'sts.aliyuncs.com',
    IssuanceTime: '2027-01-15T08:00:00Z',
    ExpirationTime: '2027-01-15T08:05:00Z',
    VerificationInfo: 'Success',
  });
  assert.equal(body.Credentials.Expiration, '2027-01-15T08:15:00Z');
  const as = credentialsOf(body);
  const { Arn } = await ok(server.sts('GetCallerIdentity', {}, as));
  assert.equal(Arn, `acs:ram::${ACCOUNT}:role/Builder/build-1`);
  await ok(server.call('ListKeys', {}, as));
  refuses(await server.call('CreateKey', {}, as), 403, 'Forbidden.NoPermission');
});

test('the trail names the subject, before and after, and keeps no token', async () => {
  const token = await tokenOf({ sub: 'repo:team/app:traced' });
  await ok(server.call('ListKeys', {}, credentialsOf(await ok(exchange(token)))));
  refuses(await exchange(await tokenOf({ sub: 'repo:team/other:refused' })), 403, 'NoPermission');
  const folder = join(server.dataDir, 'trail');
  const text = readdirSync(folder)
    .filter((name) => name.endsWith('.trail'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('');
  const lines = text.split('\n').filter((line) => line.includes('traced') || line.includes('refused'));
  assert.ok(lines.some((line) => line.includes('AssumeRoleWithOIDC') && line.includes('oidc-user')));
  assert.ok(lines.some((line) => line.includes('ListKeys') && line.includes('repo:team/app:traced')));
  assert.ok(lines.some((line) => line.includes('NoPermission') && line.includes('repo:team/other:refused')));
  for (const part of token.split('.')) assert.ok(!text.includes(part));
});

test('a session policy narrows it', async () => {
  const Policy = JSON.stringify({
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: 'kms:ListAliases', Resource: '*' }],
  });
  const as = credentialsOf(await ok(exchange(await tokenOf(), { Policy })));
  await ok(server.call('ListAliases', {}, as));
  refuses(await server.call('ListKeys', {}, as), 403, 'Forbidden.NoPermission');
  refuses(await exchange(await tokenOf(), { Policy: '{}' }), 400, 'InvalidParameter.PolicyGrammar');
  refuses(
    await exchange(await tokenOf(), { DurationSeconds: 3601 }),
    400,
    'InvalidParameter.DurationSeconds',
  );
});

test('who the trust policy does not mean gets nothing, and does not learn which roles there are', async () => {
  refuses(await exchange(await tokenOf({ sub: 'repo:team/other:x' })), 403, 'NoPermission');
  const missing = await exchange(await tokenOf(), { RoleArn: `acs:ram::${ACCOUNT}:role/None` });
  refuses(missing, 403, 'NoPermission');
  const Condition = { StringEquals: { 'oidc:iss': `${issuer.url}/` } };
  const others: readonly (readonly object[])[] = [
    [{ Principal: { RAM: [`acs:ram::${ACCOUNT}:root`] } }],
    [{ Principal: { RAM: [`acs:ram::${ACCOUNT}:*`] } }],
    [{ Principal: { Federated: `acs:ram::${ACCOUNT}:saml-provider/ci` } }],
    [{ Principal: { Federated }, Condition }],
    [{ Principal: { Federated } }, { Effect: 'Deny', Principal: { Federated }, Condition: IS_MAIN }],
    [{ Principal: { Federated }, Action: 'sts:Other' }],
  ];
  for (const statements of others) {
    await retrust(...statements);
    const answer = await exchange(await tokenOf());
    refuses(answer, 403, 'NoPermission');
    const { AuthPrincipalType, AuthPrincipalDisplayName, PolicyType } = answer.body.AccessDeniedDetail;
    assert.deepEqual([AuthPrincipalType, AuthPrincipalDisplayName], ['Federated', SUBJECT]);
    assert.equal(PolicyType, 'AssumeRolePolicy');
  }
  await retrust({ Principal: { Federated: [Federated.replace('::', ':*:')] } });
  await ok(exchange(await tokenOf()));
});

test('a signed call assumes no role that trusts an issuer alone, and a bearer does nothing else', async () => {
  refuses(await server.sts('AssumeRole', { RoleArn: Role.Arn, RoleSessionName: 'me' }), 403, 'NoPermission');
  const target = `/?${new URLSearchParams({ Action: 'ListKeys', Version: '2016-01-20', OIDCToken: await tokenOf() })}`;
  const answer = await send(server.url, target);
  assert.ok(answer.status >= 400, JSON.stringify(answer.body));
});

test('every token that is not accepted is answered alike; one that was and is too old is called expired', async () => {
  const wrong = [
    await tokenOf({ aud: 'other' }),
    await tokenOf({ iss: 'https://example.com' }),
    (await tokenOf()).replace(/.{4}$/, 'AAAA'),
    await sign(await newKey('ES256', 'k'), { iss: issuer.url, sub: 'x', aud: 'sts.aliyuncs.com' }),
  ];
  const answers = await Promise.all(wrong.map((token) => exchange(token)));
  const elsewhere = [`acs:ram::${ACCOUNT}:oidc-provider/none`, 'acs:ram::9:oidc-provider/ci'];
  for (const OIDCProviderArn of elsewhere) answers.push(await exchange(await tokenOf(), { OIDCProviderArn }));
  for (const answer of answers) refuses(answer, 400, 'AuthenticationFail.OIDCToken.Invalid');
  assert.equal(new Set(answers.map(({ body }) => body.Message)).size, 1);
  const old = await tokenOf({ exp: (clock.now - 30_000) / 1000 });
  refuses(await exchange(old), 400, 'AuthenticationFail.OIDCToken.Expired');
});

test('a provider that is changed or deleted accepts accordingly, at once', async () => {
  const token = await tokenOf();
  await ok(exchange(token));
  await ims('UpdateOIDCProvider', { ClientIds: 'other' });
  refuses(await exchange(token), 400, 'AuthenticationFail.OIDCToken.Invalid');
  await ims('AddClientIdToOIDCProvider', { ClientId: 'sts.aliyuncs.com' });
  const as = credentialsOf(await ok(exchange(token)));
  await ims('DeleteOIDCProvider', {});
  refuses(await exchange(token), 400, 'AuthenticationFail.OIDCToken.Invalid');
  await ok(server.call('ListKeys', {}, as));
});
