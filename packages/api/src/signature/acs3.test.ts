import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadWireVectors, toRawRequest } from '../../../../test/vectors/wire-vectors.ts';
import { acs3CanonicalRequest } from './acs3.ts';

for (const vector of loadWireVectors().vectors) {
  if (vector.canonicalRequest === undefined) continue;
  test(`canonical request of ${vector.id}`, () => {
    const { headers } = toRawRequest(vector.request);
    const signedHeaders = /SignedHeaders=([^,]*)/.exec(String(headers.authorization))?.[1]?.split(';') ?? [];
    const canonical = acs3CanonicalRequest({
      method: vector.request.method as 'GET' | 'POST',
      query: vector.decoded.query,
      headers,
      signedHeaders,
      payloadHash: String(headers['x-acs-content-sha256'] ?? headers['x-acs-content-sm3']),
    });
    assert.equal(canonical, vector.canonicalRequest);
  });
}

test('values of a header are trimmed; several of one name are sorted and joined', () => {
  const canonical = acs3CanonicalRequest({
    method: 'GET',
    query: [],
    headers: { a: ' x ', b: ['2 ', ' 1'] },
    signedHeaders: ['a', 'b'],
    payloadHash: 'h',
  });
  assert.equal(canonical, 'GET\n/\n\na:x\nb:1,2\n\na;b\nh');
});
