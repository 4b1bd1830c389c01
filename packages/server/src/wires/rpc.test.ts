import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { ErrorCode } from '@keyhold/api/errors.ts';
import { canonicalQuery } from '@keyhold/api/signature/canonical-query.ts';
import { readRequest } from './read-request.ts';
import type { RawRequest } from './request.ts';
import { COMMON, executed, FORM, raw, refusedAs, rpc } from './test-kit/requests.ts';

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
];

for (const [index, [code, request]] of REFUSED.entries()) {
  test(`refusal ${index}: ${code}`, () => refusedAs(code, request));
}
