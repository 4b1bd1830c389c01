import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadWireVectors, type WireVector } from '../../../../test/vectors/wire-vectors.ts';
import { authorization } from './acs3.ts';

const { vectors, credentials } = loadWireVectors();

/** What the official clients sign the way we do: by SHA-256, with every x-acs header, host and content type. */
const ofOurKind = vectors.filter(({ request }) =>
  /^ACS3-HMAC-SHA256 .*=host;|=content-type;host;/.test(authorizationOf(request)),
);

describe('authorization', () => {
  test('the recorded requests of our kind are many, and some carry a session token', () => {
    assert.ok(ofOurKind.length >= 8, String(ofOurKind.length));
    assert.ok(ofOurKind.some((vector) => vector.credentials === 'STS'));
  });

  for (const vector of ofOurKind) {
    test(`agrees with the recorded ${vector.id}`, async () => {
      const { credentials: pair, request } = vector;
      assert.ok(pair);
      const { securityToken, ...keys } = credentials[pair];
      const signed = await authorization(unsigned(vector), {
        ...keys,
        securityToken: securityToken ?? undefined,
      });
      assert.equal(signed, authorizationOf(request));
    });
  }
});

function unsigned({ request, decoded }: WireVector) {
  const headers = Object.fromEntries(request.headers.map(([name, value]) => [name.toLowerCase(), value]));
  const method = request.method === 'GET' ? 'GET' : 'POST';
  return { method, query: decoded.query, headers } as const;
}

function authorizationOf({ headers }: WireVector['request']): string {
  return headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1] ?? '';
}
