import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Issuers } from '../oidc/issuers.ts';
import { newKey, sign, startIssuer } from '../oidc/test-kit/issuer.ts';
import type { SignedRequest } from '../wires/request.ts';
import { authenticateBearer } from './bearers.ts';
import { directoryOf } from './test-kit/directories.ts';

const NOW = 1_800_000_000_000;
const key = await newKey('ES256', 'k');
const issuer = await startIssuer([key]);
after(() => issuer.close());

const provider = {
  providerName: 'Ci',
  issuerUrl: issuer.url,
  clientIds: ['app'],
  description: '',
  createdAt: 0,
  updatedAt: 0,
};
const known = directoryOf('1', [['oidc-provider', provider]]);
const asked: string[] = [];
const directories = {
  async get(accountId: string) {
    asked.push(accountId);
    return accountId === '1' ? known : directoryOf(accountId, []);
  },
};
const issuers = new Issuers({ clock: () => 0, onFailure: (_, error) => assert.fail(String(error)) });
const times = { iat: NOW / 1000, exp: NOW / 1000 + 60 };
const token = await sign(key, { iss: issuer.url, sub: 'repo:a/b', aud: 'app', ...times });

const requestOf = (changes: Readonly<Record<string, string>> = {}): SignedRequest => ({
  style: 'RPC',
  version: '2015-04-01',
  action: 'AssumeRoleWithOIDC',
  parameters: new Map(
    Object.entries({
      OIDCProviderArn: 'acs:ram::1:oidc-provider/Ci',
      OIDCToken: token,
      RoleArn: 'acs:ram::1:role/r',
      RoleSessionName: 'me',
      ...changes,
    }),
  ),
  regionId: undefined,
  signature: undefined,
});
const authenticate = (changes?: Readonly<Record<string, string>>) =>
  authenticateBearer({ directories, issuers }, requestOf(changes), NOW);

test('the bearer of a good token is its subject, of the account of the provider', async () => {
  const { caller, directory, parameters } = await authenticate({
    OIDCProviderArn: 'acs:ram::1:oidc-provider/CI',
  });
  assert.deepEqual(caller, {
    type: 'oidc-user',
    accountId: '1',
    principalId: 'repo:a/b',
    accessKeyId: '',
    providerName: 'Ci',
    token: {
      issuer: issuer.url,
      subject: 'repo:a/b',
      audiences: ['app'],
      issuedAt: NOW,
      expiresAt: NOW + 60_000,
      notBefore: Number.NEGATIVE_INFINITY,
    },
  });
  assert.equal(directory, known);
  assert.equal(parameters.get('RoleArn'), 'acs:ram::1:role/r');
});

test('no account, no provider and a bad token are one answer', async () => {
  const answers = [
    { OIDCProviderArn: 'acs:ram::2:oidc-provider/Ci' },
    { OIDCProviderArn: 'acs:ram::1:oidc-provider/other' },
    { OIDCToken: token.replace(/.{8}$/, 'AAAAAAAA') },
  ];
  const messages = new Set<string>();
  for (const changes of answers) {
    await assert.rejects(authenticate(changes), (error: Error) => {
      messages.add(`${error.name} ${error.message}`);
      return 'code' in error && error.code === 'AuthenticationFail.OIDCToken.Invalid';
    });
  }
  assert.equal(messages.size, 1);
});

test('nothing is looked up for what is not well-formed', async () => {
  asked.length = 0;
  const cases = [
    [{ OIDCToken: 'x'.repeat(20_001) }, 'InvalidParameter.OIDCToken'],
    [{ OIDCToken: `${token} ` }, 'InvalidParameter.OIDCToken'],
    [{ OIDCToken: '' }, 'InvalidParameter.OIDCToken'],
    [{ OIDCProviderArn: 'acs:ram::1:saml-provider/Ci' }, 'InvalidParameter.OIDCProviderArn'],
    [{ OIDCProviderArn: 'acs:ram:*:1:oidc-provider/Ci' }, 'InvalidParameter.OIDCProviderArn'],
  ] as const;
  for (const [changes, code] of cases) await assert.rejects(authenticate(changes), { code });
  assert.deepEqual(asked, []);
});
