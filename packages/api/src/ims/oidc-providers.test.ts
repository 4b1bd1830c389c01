import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readParameters, writeParameters } from '../parameters.ts';
import { parseOidcProviderArn } from './arn.ts';
import { discoveryUrl, isIssuerUrl, isKeysUrl } from './issuer-url.ts';
import { CreateOIDCProvider, UpdateOIDCProvider } from './oidc-providers.ts';

const ISSUERS = [
  ['https://token.actions.githubusercontent.com', true],
  ['https://example.com/a/b', true],
  ['https://example.com/a/', true],
  ['https://example.com:8443', true],
  ['https://[2001:db8::1]/x', true],
  ['http://localhost:8080/realms/x', true],
  ['http://127.0.0.1', true],
  ['http://[::1]:1', true],
  [`https://example.com/${'x'.repeat(255 - 'https://example.com/'.length)}`, true],
  [`https://example.com/${'x'.repeat(256 - 'https://example.com/'.length)}`, false],
  ['', false],
  ['example.com', false],
  ['http://example.com', false],
  ['http://localhost.example.com', false],
  ['http://127.0.0.1.example.com', false],
  ['http://10.0.0.1', false],
  ['http://0.0.0.0', false],
  ['http://2130706433', false],
  ['http://[::ffff:127.0.0.1]', false],
  ['https://user@example.com', false],
  ['https://:secret@example.com', false],
  ['https://@example.com', false],
  ['https://example.com?a=b', false],
  ['https://example.com/?', false],
  ['https://example.com#x', false],
  ['https://example.com:443', false],
  ['https://EXAMPLE.com', false],
  ['https://example.com/a/../b', false],
  ['https://example.com/a b', false],
  [' https://example.com', false],
  ['https:/example.com', false],
  ['https:\\\\example.com', false],
  ['file:///etc/passwd', false],
  ['data:application/json,{}', false],
  ['ftp://example.com', false],
] as const;

test('an issuer is spelt one way and reached over TLS, but on this machine', () => {
  for (const [text, good] of ISSUERS) assert.equal(isIssuerUrl(text), good, text);
});

test('the discovery document is below the issuer, with one slash between', () => {
  assert.equal(discoveryUrl('https://a.b'), 'https://a.b/.well-known/openid-configuration');
  assert.equal(discoveryUrl('https://a.b/'), 'https://a.b/.well-known/openid-configuration');
  assert.equal(discoveryUrl('https://a.b/c'), 'https://a.b/c/.well-known/openid-configuration');
});

test('keys are fetched over https from anywhere, over http from the issuer itself only', () => {
  const local = 'http://localhost:8080';
  assert.ok(isKeysUrl('https://www.googleapis.com/oauth2/v3/certs', 'https://accounts.google.com'));
  assert.ok(isKeysUrl(`${local}/keys?a=b`, local));
  for (const text of [
    'http://localhost:8081/keys',
    'http://a.b/keys',
    'file:///keys',
    'data:,{}',
    '/keys',
    '',
  ]) {
    assert.equal(isKeysUrl(text, local), false, text);
    assert.equal(isKeysUrl(text, 'https://a.b'), false, text);
  }
  assert.equal(isKeysUrl('https://user:x@a.b/keys', 'https://a.b'), false);
});

test('the ARN of a provider has its parts, and only as answers give it', () => {
  assert.deepEqual(parseOidcProviderArn('acs:ram::1:oidc-provider/A.b_c-9'), {
    account: '1',
    providerName: 'A.b_c-9',
  });
  for (const text of [
    'acs:ram:*:1:oidc-provider/a',
    'acs:ram::1:oidc-provider/',
    'acs:ram::1:oidc-provider/a/b',
  ]) {
    assert.equal(parseOidcProviderArn(text), undefined, text);
  }
});

const base = { OIDCProviderName: 'ci', IssuerUrl: 'https://a.b' };
const create = (wire: Readonly<Record<string, string>>) =>
  readParameters(CreateOIDCProvider.request, new Map(Object.entries({ ...base, ...wire })));

const CASES: readonly (readonly [
  parameter: string,
  good: readonly string[],
  bad: readonly string[],
  code: string,
])[] = [
  [
    'OIDCProviderName',
    ['a', 'A.b_c-9', 'x'.repeat(128)],
    ['', '-a', 'a.', '_', 'a b', 'x'.repeat(129)],
    'InvalidParameter.OIDCProviderName',
  ],
  ['IssuerUrl', ['https://a.b'], ['', 'http://a.b'], 'InvalidParameter.IssuerUrl'],
  [
    'ClientIds',
    ['', 'a', 'sts.aliyuncs.com,https://a.b/c:1', 'x'.repeat(128)],
    [',', 'a,', 'a, b', '-a', 'ä', 'x'.repeat(129)],
    'InvalidParameter.ClientId',
  ],
  ['Description', ['', 'x'.repeat(256)], ['x'.repeat(257)], 'InvalidParameter.Description.Length'],
  ['IssuanceLimitTime', ['12'], ['0', '1', '13', '168', 'x'], 'InvalidParameter.IssuanceLimitTime'],
  ['Fingerprints', [], ['902ef2deeb3c5b13ea4c3d5193629309e231ae55'], 'UnsupportedOperation'],
];

test('the parameters of a provider are refused under their own codes', () => {
  for (const [parameter, good, bad, code] of CASES) {
    for (const value of good) create({ [parameter]: value });
    for (const value of bad)
      assert.throws(() => create({ [parameter]: value }), { code }, `${parameter}: ${value}`);
  }
});

test('client ids are a list without repetitions, of 50 at most, and go back as they came', () => {
  assert.deepEqual(create({ ClientIds: 'a,b,a' }).ClientIds, ['a', 'b']);
  const many = (count: number) => Array.from({ length: count }, (_, i) => `c${i}`).join(',');
  assert.equal(create({ ClientIds: many(50) }).ClientIds?.length, 50);
  assert.throws(() => create({ ClientIds: many(51) }), { code: 'LimitExceeded.OIDCProvider.ClientId' });
  const wire = new Map([...Object.entries(base), ['ClientIds', 'a,b'] as const]);
  const read = readParameters(CreateOIDCProvider.request, wire);
  assert.deepEqual(new Map(writeParameters(CreateOIDCProvider.request, read)), wire);
});

test('an empty text empties, an absent one changes nothing', () => {
  const update = (wire: Readonly<Record<string, string>>) =>
    readParameters(UpdateOIDCProvider.request, new Map(Object.entries({ OIDCProviderName: 'ci', ...wire })));
  assert.deepEqual(update({}), { OIDCProviderName: 'ci' });
  assert.deepEqual(update({ ClientIds: '', NewDescription: '' }), {
    OIDCProviderName: 'ci',
    ClientIds: [],
    NewDescription: '',
  });
});
