import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '@keyhold/api/errors.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import { canonicalQuery } from '@keyhold/api/signature/canonical-query.ts';
import fc from 'fast-check';
import { readRequest } from './read-request.ts';
import { replyFormat } from './reply-format.ts';
import type { RawRequest } from './request.ts';
import { acs3, COMMON, executed, FORM, raw, refusedAs, rpc, secret } from './test-kit/requests.ts';

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

test('the whole URL as target, an empty path and no path at all are read', () => {
  const { target } = rpc({ ...COMMON, a: '1' });
  for (const same of [`http://kms.example:80${target}`, target.slice(1), `HTTPS://h${target.slice(1)}`]) {
    assert.deepEqual(executed({ ...rpc({ ...COMMON, a: '1' }), target: same }), { a: '1' });
  }
});

const REFUSED: readonly (readonly [code: ErrorCode, request: RawRequest])[] = [
  ['UnsupportedHTTPMethod', raw({ method: 'PUT' })],
  ['InvalidAction.NotFound', raw({ target: '/other?Action=ListKeys' })],
  ['ParseRequestParameterException', raw({ target: '/?a=%' })],
];

for (const [index, [code, request]] of REFUSED.entries()) {
  test(`refusal ${index}: ${code}`, () => refusedAs(code, request));
}

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
