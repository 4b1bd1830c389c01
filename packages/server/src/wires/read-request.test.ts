import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { ErrorCode } from '@keyhold/api/errors.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import { acs3CanonicalRequest, acs3StringToSign } from '@keyhold/api/signature/acs3.ts';
import type { Pair } from '@keyhold/api/signature/canonical-query.ts';
import { canonicalQuery } from '@keyhold/api/signature/canonical-query.ts';
import { rpcStringToSign } from '@keyhold/api/signature/rpc.ts';
import fc from 'fast-check';
import { SecretBytes } from '../secret-bytes.ts';
import { readRequest } from './read-request.ts';
import { replyFormat } from './reply-format.ts';
import type { RawRequest } from './request.ts';
import { createSigningSecret } from './signing-secret.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
const secret = createSigningSecret('testsecret');

const raw = (overrides: Partial<RawRequest>): RawRequest => ({
  method: 'POST',
  target: '/',
  headers: {},
  body: new Uint8Array(),
  remoteAddress: '127.0.0.1',
  tls: true,
  ...overrides,
});

const COMMON: Readonly<Record<string, string>> = {
  Action: 'Encrypt',
  Version: '2016-01-20',
  AccessKeyId: 'testid',
  SignatureMethod: 'HMAC-SHA1',
  SignatureVersion: '1.0',
  SignatureNonce: 'n-1',
  Timestamp: '2026-01-02T03:04:05Z',
};

/** A query signed over all of `signed`, of which `query` are sent in the query and `form` in the body. */
function rpc(
  query: Record<string, string>,
  form: Record<string, string> = {},
  signed = { ...query, ...form },
) {
  const text = rpcStringToSign('POST', canonicalQuery(Object.entries(signed)));
  const Signature = createHmac('sha1', 'testsecret&').update(text).digest('base64');
  return raw({
    target: `/?${canonicalQuery(Object.entries({ ...query, Signature }))}`,
    headers: FORM,
    body: Buffer.from(canonicalQuery(Object.entries(form))),
  });
}

const ACS3_HEADERS = {
  host: 'kms.example:8443',
  'x-acs-action': 'Encrypt',
  'x-acs-version': '2016-01-20',
  'x-acs-date': '2026-01-02T03:04:05Z',
  'x-acs-signature-nonce': 'n-1',
};

/** A request of the header style with the headers given, all signed except `unsigned`. */
function acs3(parts: {
  query?: Pair[];
  headers?: RawRequest['headers'];
  body?: string;
  unsigned?: string[];
}): RawRequest {
  const body = Buffer.from(parts.body ?? '');
  const payloadHash = createHash('sha256').update(body).digest('hex');
  const headers = { ...ACS3_HEADERS, 'x-acs-content-sha256': payloadHash, ...parts.headers };
  const signedHeaders = Object.keys(headers)
    .filter((name) => headers[name as keyof typeof headers] !== undefined && !parts.unsigned?.includes(name))
    .sort();
  const query = parts.query ?? [];
  const canonical = acs3CanonicalRequest({ method: 'POST', query, headers, signedHeaders, payloadHash });
  const text = acs3StringToSign('ACS3-HMAC-SHA256', createHash('sha256').update(canonical).digest('hex'));
  const signature = createHmac('sha256', 'testsecret').update(text).digest('hex');
  const authorization = `ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=${signedHeaders.join(';')},Signature=${signature}`;
  return raw({ target: `/?${canonicalQuery(query)}`, headers: { ...headers, authorization }, body });
}

const executed = (request: RawRequest) =>
  Object.fromEntries(readRequest(request).signature?.verify(secret) ?? assert.fail('unsigned'));

const refusedAs = (code: ErrorCode, request: RawRequest) =>
  assert.throws(() => readRequest(request).signature?.verify(secret), { name: 'ApiError', code });

const wellFormed = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed());
const operationParameters = fc.dictionary(
  wellFormed.map((text) => `P${text}`),
  wellFormed,
  { noNullPrototype: true, maxKeys: 6 },
);

test('what was signed verifies, in query and body, in both styles', () => {
  fc.assert(
    fc.property(operationParameters, operationParameters, (inQuery, inBody) => {
      const all = { ...inBody, ...inQuery };
      const bodyOnly = Object.fromEntries(Object.entries(inBody).filter(([name]) => !(name in inQuery)));
      assert.deepEqual(executed(rpc({ ...COMMON, ...inQuery }, bodyOnly)), all);
      const body = canonicalQuery(Object.entries(bodyOnly));
      assert.deepEqual(executed(acs3({ query: Object.entries(inQuery), headers: FORM, body })), all);
    }),
  );
});

test('a secret in SecretBytes signs as its text does, and outlives them', () => {
  const bytes = new SecretBytes(Buffer.from('testsecret'));
  const made = createSigningSecret(bytes);
  bytes.wipe();
  assert.deepEqual(made.rpc('sha1', 'x'), secret.rpc('sha1', 'x'));
  assert.deepEqual(made.acs3('sm3', 'x'), secret.acs3('sm3', 'x'));
});

test('any change of a signed byte fails', () => {
  const parameters = { ...COMMON, KeyId: 'alias/a', Plaintext: 'AAECAw+/==', SignatureType: '' };
  const requests = [
    rpc(parameters),
    rpc(COMMON, { KeyId: 'alias/a', Plaintext: 'AAEC' }),
    acs3({
      query: [
        ['KeyId', 'k'],
        ['Empty', ''],
      ],
      headers: FORM,
      body: 'Plaintext=AAEC',
    }),
  ];
  for (const request of requests) {
    const before = readRequest(request);
    const parts = { target: request.target, body: Buffer.from(request.body).toString('latin1') };
    for (const part of ['target', 'body'] as const) {
      for (let at = part === 'target' ? 2 : 0; at < parts[part].length; at++) {
        for (let bit = 0; bit < 8; bit++) {
          const flipped =
            parts[part].slice(0, at) +
            String.fromCharCode(parts[part].charCodeAt(at) ^ (1 << bit)) +
            parts[part].slice(at + 1);
          const changed = { ...parts, [part]: flipped };
          assertRefusedOrSame(before, {
            ...request,
            target: changed.target,
            body: Buffer.from(changed.body, 'latin1'),
          });
        }
      }
    }
  }
});

/** A flipped bit may spell the same parameters (`%2f`), or drop an empty one, which only 1.7 allows. */
function assertRefusedOrSame(before: ReturnType<typeof readRequest>, request: RawRequest): void {
  try {
    const after = readRequest(request);
    const parameters = after.signature?.verify(secret);
    assert.equal(after.action, before.action);
    assert.equal(after.signature?.replayToken, before.signature?.replayToken);
    assert.deepEqual(new Map(parameters), new Map(before.parameters));
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
  }
}

test('any change of a signed header fails', () => {
  const request = acs3({ headers: { 'x-acs-security-token': 't' } });
  for (const [name, value] of Object.entries(request.headers)) {
    for (const other of [
      `${value}x`,
      String(value).slice(0, -1),
      `x${value}`,
      [String(value), 'x'],
      undefined,
    ]) {
      assert.throws(
        () =>
          readRequest({ ...request, headers: { ...request.headers, [name]: other } }).signature?.verify(
            secret,
          ),
        ApiError,
        `${name}: ${other}`,
      );
    }
  }
});

test('of a name in query and body that value counts which was signed', () => {
  const inQuery = { ...COMMON, KeyId: 'q' };
  assert.deepEqual(executed(rpc(inQuery, { KeyId: 'b' })), { KeyId: 'b' });
  assert.deepEqual(executed(rpc(inQuery, { KeyId: 'b' }, inQuery)), { KeyId: 'q' });
  assert.deepEqual(executed(rpc(inQuery, { KeyId: 'q' })), { KeyId: 'q' });
  refusedAs('SignatureDoesNotMatch', rpc(inQuery, { KeyId: 'b' }, { ...COMMON, KeyId: 'c' }));
  refusedAs('InvalidParameter', rpc(COMMON, { Action: 'Decrypt' }));
});

/** As kms-sdk 1.1.0 signs: `! ' ( ) *` stay, no nonce. */
function legacy(parameters: Record<string, string>) {
  const { SignatureNonce, ...common } = COMMON;
  const pairs = Object.entries({ ...common, ...parameters }).sort(([a], [b]) => (a < b ? -1 : 1));
  const query = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  const text = `POST&%2F&${encodeURIComponent(query)}`;
  const signature = createHmac('sha1', 'testsecret&').update(text).digest('base64');
  return { target: `/?${query}&Signature=${encodeURIComponent(signature)}`, signature };
}

test('the legacy canonicalisation executes without the empty values it does not cover', () => {
  for (const Description of ["it's (*)!", 'plain']) {
    const { target, signature } = legacy({ Description });
    assert.deepEqual(executed(raw({ target })), { Description });
    const added = raw({ target: `${target}&Added=&SignatureNonce=` });
    assert.deepEqual(executed(added), { Description });
    assert.equal(readRequest(added).signature?.replayToken, signature);
    refusedAs('SignatureDoesNotMatch', raw({ target: `${target}&Added=x` }));
  }
});

test('the legacy canonicalisation is tried on either value of a name in query and body', () => {
  const { target } = legacy({ Description: '*' });
  assert.deepEqual(executed(raw({ target, headers: FORM, body: Buffer.from('Description=other') })), {
    Description: '*',
  });
});

test('without a nonce the replay token does not depend on how the signature is spelled', () => {
  const { SignatureNonce, ...withoutNonce } = COMMON;
  const request = rpc(withoutNonce);
  const token = readRequest(request).signature?.replayToken;
  const respelled = { ...request, target: request.target.replace(/%3D$|%3D(?=&)/, '') };
  assert.notEqual(respelled.target, request.target);
  assert.equal(readRequest(respelled).signature?.replayToken, token);
});

const WITHOUT: readonly (readonly [name: string, code: ErrorCode])[] = [
  ['Version', 'MissingVersion'],
  ['Action', 'MissingAction'],
  ['AccessKeyId', 'MissingAccessKeyId'],
  ['SignatureMethod', 'MissingSignatureMethod'],
  ['SignatureVersion', 'MissingSignatureVersion'],
  ['Timestamp', 'IllegalTimestamp'],
];

for (const [name, code] of WITHOUT) {
  test(`without ${name}: ${code}`, () => {
    refusedAs(code, rpc(Object.fromEntries(Object.entries(COMMON).filter(([other]) => other !== name))));
    refusedAs(code, rpc({ ...COMMON, [name]: '' }));
  });
}

const RAM = '2015-05-01';
const REFUSED: readonly (readonly [code: ErrorCode, request: RawRequest])[] = [
  ['MissingSignature', raw({ target: `/?${canonicalQuery(Object.entries(COMMON))}` })],
  [
    'IncompleteSignature',
    raw({ target: `/?${canonicalQuery(Object.entries({ ...COMMON, Signature: 'ö' }))}` }),
  ],
  ['IncompleteSignature', rpc({ ...COMMON, SignatureVersion: '2.0' })],
  ['InvalidSignatureMethod', rpc({ ...COMMON, SignatureMethod: 'constructor' })],
  ['InvalidParameter', rpc({ ...COMMON, SignatureNonce: 'x'.repeat(129) })],
  ['InvalidParameter.Format', rpc({ ...COMMON, Format: 'YAML' })],
  ['InvalidTimeStamp.Format', rpc({ ...COMMON, Timestamp: '2026-13-02T03:04:05Z' })],
  ['InvalidTimeStamp.Format', rpc({ ...COMMON, Timestamp: '2026-01-02 03:04:05' })],
  ['MissingTimestamp', rpc({ ...COMMON, Version: RAM, Timestamp: '' })],
  ['MissingSignatureNonce', rpc({ ...COMMON, Version: RAM, SignatureNonce: '' })],
  ['MissingAccessKeyId', rpc({ ...COMMON, SignatureType: 'BEARERTOKEN', BearerToken: 't' })],
  ['MissingAccessKeyId', raw({ target: '/?Action=AssumeRole&Version=2015-04-01' })],
  ['MissingAccessKeyId', raw({ target: '/?Action=AssumeRoleWithOIDC&Version=2016-01-20' })],
  ['MissingSignature', raw({ target: '/?Action=AssumeRoleWithOIDC&Version=2015-04-01&AccessKeyId=a' })],
  ['UnsupportedHTTPMethod', raw({ method: 'PUT' })],
  ['InvalidAction.NotFound', raw({ target: '/other?Action=ListKeys' })],
  ['ParseRequestParameterException', raw({ target: '/?a=%' })],
  ['InvalidSignatureMethod', raw({ headers: { authorization: 'ACS3-RSA-SHA256 Credential=a' } })],
  ['InvalidSignatureMethod', raw({ headers: { authorization: 'ACS3-' } })],
  ['MissingSignature', raw({ headers: { authorization: 'ACS3-HMAC-SHA256 Credential=a' } })],
  ['IncompleteSignature', raw({ headers: { authorization: ['ACS3-HMAC-SHA256 a', 'Basic b'] } })],
  ['MissingAction', acs3({ headers: { 'x-acs-action': undefined } })],
  ['MissingVersion', acs3({ headers: { 'x-acs-version': undefined } })],
  ['IllegalTimestamp', acs3({ headers: { 'x-acs-date': undefined } })],
  ['MissingSignatureNonce', acs3({ headers: { 'x-acs-signature-nonce': undefined } })],
  ['IncompleteSignature', acs3({ headers: { 'x-acs-content-sha256': undefined } })],
  [
    'IncompleteSignature',
    acs3({ headers: { 'x-acs-security-token': 't' }, unsigned: ['x-acs-security-token'] }),
  ],
  ['SignatureDoesNotMatch', acs3({ headers: { 'x-acs-content-sha256': '0'.repeat(64) } })],
  ['InvalidParameter', acs3({ query: [['Action', 'Decrypt']] })],
  ['InvalidParameter', acs3({ query: [['a', '1']], headers: FORM, body: 'a=2' })],
  ['ParseRequestParameterException', acs3({ headers: { 'content-type': 'application/json' }, body: '[1]' })],
  [
    'ParseRequestParameterException',
    acs3({ headers: { 'content-type': 'application/json' }, body: '{"a":"\\ud800"}' }),
  ],
];

for (const [index, [code, request]] of REFUSED.entries()) {
  test(`refusal ${index}: ${code}`, () => refusedAs(code, request));
}

for (const name of [
  'x-acs-action',
  'x-acs-version',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-content-sha256',
]) {
  test(`${name} must be signed`, () => refusedAs('IncompleteSignature', acs3({ unsigned: [name] })));
}

test('a header that selects what is done is sent once', () => {
  refusedAs('IncompleteSignature', acs3({ headers: { 'x-acs-action': ['Decrypt', 'Encrypt'] } }));
});

const ALL = 'host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version';

for (const names of [
  `host;${ALL}`,
  `${ALL};host`,
  `${ALL};`,
  '',
  `${ALL},SignedHeaders=${ALL}`,
  `${ALL};x-acs-zero`,
]) {
  test(`SignedHeaders=${names} are incomplete`, () => {
    const request = acs3({});
    const authorization = String(request.headers.authorization).replace(ALL, names);
    assert.notEqual(authorization, request.headers.authorization);
    refusedAs('IncompleteSignature', { ...request, headers: { ...request.headers, authorization } });
  });
}

for (const credential of [
  'testid',
  'testid/20260103/r/Kms/aliyun_v4_request',
  'testid/20260102/r/Kms/other',
]) {
  test(`ACS4 with Credential=${credential} is incomplete`, () => {
    const request = acs3({});
    const authorization = String(request.headers.authorization)
      .replace('ACS3', 'ACS4')
      .replace('Credential=testid', `Credential=${credential}`);
    refusedAs('IncompleteSignature', { ...request, headers: { ...request.headers, authorization } });
  });
}

test('host and content-type need not be signed', () => {
  assert.deepEqual(executed(acs3({ unsigned: ['host', 'content-type'], headers: FORM, body: 'a=1' })), {
    a: '1',
  });
});

test('members of a JSON body join the query', () => {
  const body = '{"n":1,"b":true,"gone":null,"s":"t","o":{"a":["x"]},"same":"1","__proto__":"p"}';
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  assert.deepEqual(
    [...readRequest(acs3({ query: [['same', '1']], headers, body })).parameters].sort(),
    Object.entries({ n: '1', b: 'true', s: 't', o: '{"a":["x"]}', same: '1', ['__proto__']: 'p' }).sort(),
  );
});

test('the whole URL as target, an empty path and no path at all are read', () => {
  const { target } = rpc({ ...COMMON, a: '1' });
  for (const same of [`http://kms.example:80${target}`, target.slice(1), `HTTPS://h${target.slice(1)}`]) {
    assert.deepEqual(executed({ ...rpc({ ...COMMON, a: '1' }), target: same }), { a: '1' });
  }
});

const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '%',
    '+',
    '&',
    '=',
    '?',
    '/',
    'Format=',
    'Action=',
    'Signature=',
    'Version=2016-01-20',
    ',',
    ';',
    '{"',
    '}',
  ),
  fc.constantFrom(
    'ACS3-HMAC-SHA256 ',
    'ACS4-HMAC-SHA256 ',
    'Credential=',
    'SignedHeaders=',
    '__proto__',
    'host',
  ),
);
const junk = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
const header = fc.option(fc.oneof(junk, fc.array(junk, { maxLength: 3 })), { nil: undefined });

test('whatever arrives is understood or refused in our own words', () => {
  const anything = fc.record({
    method: fc.constantFrom('GET', 'POST'),
    target: junk.map((text) => `/?${text}`),
    headers: fc.record({
      authorization: fc.oneof(
        header,
        junk.map((text) => `ACS3-HMAC-SHA256 ${text}`),
      ),
      accept: header,
      'content-type': fc.oneof(header, fc.constantFrom('application/json', FORM['content-type'])),
      'x-acs-action': header,
      'x-acs-version': header,
      'x-acs-date': fc.oneof(header, fc.constant('2026-01-02T03:04:05Z')),
      'x-acs-signature-nonce': header,
      'x-acs-content-sha256': header,
    }),
    body: fc.oneof(
      fc.uint8Array(),
      junk.map((text) => Buffer.from(text)),
    ),
  });
  fc.assert(
    fc.property(anything, (parts) => {
      const request = raw(parts);
      assert.match(replyFormat(request), /^(?:JSON|XML)$/);
      try {
        readRequest(request).signature?.verify(secret);
      } catch (error) {
        assert.ok(error instanceof ApiError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

test('large junk is dealt with in one pass', { timeout: 60_000 }, () => {
  for (const unit of [
    '%',
    '%20',
    '+',
    '&',
    '=',
    'Format=',
    'a&',
    '\xff',
    ',',
    ';',
    'x=,',
    ' ',
    'XML&Format=',
  ]) {
    const text = unit.repeat(1_000_000 / unit.length);
    for (const headers of [FORM, { authorization: `ACS3-HMAC-SHA256 ${text}` }, { ...FORM, accept: text }]) {
      const request = raw({ target: `/?${text}`, headers, body: Buffer.from(text, 'latin1') });
      replyFormat(request);
      assert.throws(() => readRequest(request), ApiError);
    }
  }
});
