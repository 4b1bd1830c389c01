import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import type { ErrorCode } from '@keyhold/api/errors.ts';
import { acs3CanonicalRequest, acs3StringToSign } from '@keyhold/api/signature/acs3.ts';
import type { Pair } from '@keyhold/api/signature/canonical-query.ts';
import { canonicalQuery } from '@keyhold/api/signature/canonical-query.ts';
import { rpcStringToSign } from '@keyhold/api/signature/rpc.ts';
import { readRequest } from '../read-request.ts';
import type { RawRequest } from '../request.ts';
import { createSigningSecret } from '../signing-secret.ts';

/** Requests as the clients sign them, for tests of the wires. */
export const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
export const secret = createSigningSecret('testsecret');

export const raw = (overrides: Partial<RawRequest>): RawRequest => ({
  method: 'POST',
  target: '/',
  headers: {},
  body: new Uint8Array(),
  remoteAddress: '127.0.0.1',
  tls: true,
  ...overrides,
});

export const COMMON: Readonly<Record<string, string>> = {
  Action: 'Encrypt',
  Version: '2016-01-20',
  AccessKeyId: 'testid',
  SignatureMethod: 'HMAC-SHA1',
  SignatureVersion: '1.0',
  SignatureNonce: 'n-1',
  Timestamp: '2026-01-02T03:04:05Z',
};

/** A query signed over all of `signed`, of which `query` are sent in the query and `form` in the body. */
export function rpc(
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
export function acs3(parts: {
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

export const executed = (request: RawRequest) =>
  Object.fromEntries(readRequest(request).signature?.verify(secret) ?? assert.fail('unsigned'));

export const refusedAs = (code: ErrorCode, request: RawRequest) =>
  assert.throws(() => readRequest(request).signature?.verify(secret), { name: 'ApiError', code });
