import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '@keyhold/api/errors.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import { readRequest } from './read-request.ts';
import type { RawRequest } from './request.ts';
import { acs3, executed, FORM, raw, refusedAs, secret } from './test-kit/requests.ts';

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

const REFUSED: readonly (readonly [code: ErrorCode, request: RawRequest])[] = [
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
  ['IncompleteSignature', acs3({ headers: FORM, body: 'a=2', unsigned: ['content-type'] })],
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

test('host need not be signed, nor content-type where there is no body', () => {
  assert.deepEqual(executed(acs3({ unsigned: ['host'], headers: FORM, body: 'a=1' })), { a: '1' });
  assert.deepEqual(executed(acs3({ unsigned: ['host', 'content-type'], headers: FORM })), {});
});

test('members of a JSON body join the query', () => {
  const body = '{"n":1,"b":true,"gone":null,"s":"t","o":{"a":["x"]},"same":"1","__proto__":"p"}';
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  assert.deepEqual(
    [...readRequest(acs3({ query: [['same', '1']], headers, body })).parameters].sort(),
    Object.entries({ n: '1', b: 'true', s: 't', o: '{"a":["x"]}', same: '1', ['__proto__']: 'p' }).sort(),
  );
});

test('a JSON body that can be read in two ways is refused', () => {
  const headers = { 'content-type': 'application/json' };
  for (const body of [
    '{"a":"1","a":"2"}',
    '{"a":12345678901234567890}',
    '{"a":0.1}',
    '{"a":"1","\\u0061":"2"}',
  ]) {
    refusedAs('ParseRequestParameterException', acs3({ headers, body }));
  }
  assert.deepEqual(executed(acs3({ headers, body: '{"a":9007199254740991}' })), { a: '9007199254740991' });
});
