import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '@keyhold/api/errors.ts';
import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { replyError, replySuccess } from './reply.ts';
import { replyFormat } from './reply-format.ts';
import type { RawRequest, SignedRequest } from './request.ts';

const requestId = 'A57FBFD7-FC9A-54FE-A876-4D5E19577186';

function called(target: string, headers: RawRequest['headers'] = {}, body = '') {
  const raw: RawRequest = {
    method: 'POST',
    target,
    headers: { host: 'kms.example:8443', ...headers },
    body: Buffer.from(body),
    remoteAddress: '127.0.0.1',
    tls: true,
  };
  const request: SignedRequest = {
    style: 'RPC',
    version: '2016-01-20',
    action: 'ListKeys',
    parameters: new Map(),
    regionId: undefined,
    signature: undefined,
  };
  return { requestId, raw, request };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: XML cannot hold them
const UNWRITABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

const keys = { TotalCount: 2, Keys: { Key: [{ KeyId: 'a' }, { KeyId: 'b' }] } };

test('success as JSON', () => {
  const { status, headers, body } = replySuccess(called('/?Format=json'), keys);
  assert.equal(status, 200);
  assert.deepEqual(headers, {
    'content-type': 'application/json;charset=utf-8',
    'x-acs-request-id': requestId,
  });
  assert.deepEqual(JSON.parse(body), { RequestId: requestId, ...keys });
});

test('success as XML', () => {
  const { headers, body } = replySuccess(called('/?Format=XML'), keys);
  assert.equal(headers['content-type'], 'text/xml;charset=utf-8');
  assert.equal(
    body,
    `<?xml version='1.0' encoding='UTF-8'?><ListKeysResponse><RequestId>${requestId}</RequestId><TotalCount>2</TotalCount><Keys><Key><KeyId>a</KeyId></Key><Key><KeyId>b</KeyId></Key></Keys></ListKeysResponse>`,
  );
});

test('a result without members is an object with RequestId', () => {
  assert.equal(replySuccess(called('/'), {}).body, `{"RequestId":"${requestId}"}`);
});

test('an empty list and an empty text keep their elements in XML', () => {
  const { body } = replySuccess(called('/?Format=XML'), {
    Keys: { Key: [] },
    Description: '',
    Enabled: false,
  });
  assert.match(body, /<Keys><\/Keys><Description><\/Description><Enabled>false<\/Enabled>/);
});

test('JSON is raw UTF-8, and says what went in', () => {
  assert.match(replySuccess(called('/'), { Description: '测试 😀 \u2028' }).body, /测试 😀 \u2028/);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (Description) => {
      const { body } = replySuccess(called('/'), { Description });
      assert.ok(body.isWellFormed());
      // After a backslash that is not itself escaped, only control characters are written by number.
      assert.doesNotMatch(body.replaceAll('\\\\', ''), /\\u(?!00[01])/);
      assert.equal(JSON.parse(body).Description, Description.toWellFormed());
    }),
  );
});

test('an unpaired surrogate becomes U+FFFD, the text of an escape stays', () => {
  const { body } = replySuccess(called('/'), { A: '\ud800', B: '\\ud800', C: ['\udfff'] });
  assert.deepEqual(JSON.parse(body), { RequestId: requestId, A: '\ufffd', B: '\\ud800', C: ['\ufffd'] });
});

test('XML says what went in, as far as XML can', () => {
  const parser = new XMLParser({ trimValues: false, parseTagValue: false, htmlEntities: true });
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (Description) => {
      const { body } = replySuccess(called('/?Format=XML'), { Description });
      assert.ok(body.isWellFormed());
      assert.equal(
        parser.parse(body).ListKeysResponse.Description,
        Description.toWellFormed().replace(UNWRITABLE, '\ufffd'),
      );
    }),
  );
});

test('markup in values is text', () => {
  const { body } = replySuccess(called('/?Format=XML'), { Description: ']]><a b="c">&amp;\r' });
  assert.match(body, /<Description>\]\]&gt;&lt;a b=&quot;c&quot;&gt;&amp;amp;&#13;<\/Description>/);
});

test('an error decided by KMS', () => {
  const error = new ApiError('Forbidden.KeyNotFound');
  const { status, body } = replyError(called('/'), error);
  assert.equal(status, 404);
  assert.deepEqual(JSON.parse(body), {
    HttpStatus: 404,
    Code: 'Forbidden.KeyNotFound',
    Message: 'The specified Key is not found.',
    RequestId: requestId,
  });
  assert.match(
    replyError(called('/?Format=XML'), error).body,
    /^<\?xml [^>]*\?><KMS><HttpStatus>404<.*<\/KMS>$/,
  );
});

test('an error decided before KMS, for a request that was not understood', () => {
  const { raw } = called('/');
  const { status, body, headers } = replyError({ requestId, raw }, new ApiError('MissingSignature'));
  assert.equal(status, 400);
  assert.equal(headers['x-acs-retry-after'], undefined);
  assert.deepEqual(JSON.parse(body), {
    RequestId: requestId,
    HostId: 'kms.example:8443',
    Code: 'MissingSignature',
    Message: 'Signature is mandatory for this action.',
  });
  assert.match(
    replyError(called('/?Format=XML'), new ApiError('MissingSignature')).body,
    /^<\?xml [^>]*\?><Error><RequestId>.*<HostId>kms.example:8443<.*<Code>MissingSignature<.*<\/Error>$/,
  );
});

test('throttling says when to come back, in whole milliseconds', () => {
  const wait = (retryAfterMs?: number) =>
    replyError(
      called('/'),
      new ApiError(
        'Rejected.Throttling',
        { reason: 'x' },
        retryAfterMs === undefined ? {} : { retryAfterMs },
      ),
    ).headers['x-acs-retry-after'];
  assert.equal(wait(12.5), '13');
  assert.equal(wait(), '1000');
});

const FORMATS: readonly (readonly [
  target: string,
  headers: RawRequest['headers'],
  body: string,
  format: string,
])[] = [
  ['/', {}, '', 'JSON'],
  ['/?Format=xml', {}, '', 'XML'],
  ['/?a=b&Format=XmL&c=d', {}, '', 'XML'],
  ['/?Format=None', {}, '', 'JSON'],
  ['/?Format=YAML', {}, '', 'JSON'],
  ['/?NoFormat=xml&Format=JSON', {}, '', 'JSON'],
  ['/', { 'content-type': 'application/x-www-form-urlencoded' }, 'Format=XML', 'XML'],
  ['/', { 'content-type': 'text/plain' }, 'Format=XML', 'JSON'],
  ['/', { accept: 'text/xml' }, '', 'JSON'],
  ['/', { accept: 'text/xml', authorization: 'ACS3-HMAC-SHA256 ' }, '', 'XML'],
  ['/', { accept: 'text/xml, application/json', authorization: 'ACS3-HMAC-SHA256 ' }, '', 'JSON'],
  ['/?Format=JSON', { accept: 'text/xml', authorization: 'ACS3-HMAC-SHA256 ' }, '', 'JSON'],
];

for (const [target, headers, body, format] of FORMATS) {
  test(`answers ${target} ${JSON.stringify(headers)} ${body} as ${format}`, () => {
    assert.equal(replyFormat(called(target, headers, body).raw), format);
  });
}
