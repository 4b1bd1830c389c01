import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { canonicalQuery } from '@keyhold/api/signature/canonical-query.ts';
import { rpcStringToSign } from '@keyhold/api/signature/rpc.ts';
import { loadWireVectors, type WireVector } from '../../../../test/vectors/wire-vectors.ts';
import type { Outgoing } from './outgoing.ts';
import { type RpcAlgorithm, rpcSignature, signRpc, unsignedRpc } from './rpc.ts';

const { vectors, credentials } = loadWireVectors();

const pairs = ({ decoded }: WireVector) => [...decoded.query, ...decoded.form];
const parameterOf = (vector: WireVector, name: string) => pairs(vector).find((pair) => pair[0] === name)?.[1];

const rpc = vectors.filter(
  (vector) =>
    vector.verifiesWith === 'standard' &&
    /^HMAC-SHA(1|256)$/.test(parameterOf(vector, 'SignatureMethod') ?? ''),
);

describe('rpcSignature', () => {
  test('the recorded requests are many; there are both algorithms, both methods and session tokens', () => {
    assert.ok(rpc.length >= 35, String(rpc.length));
    assert.ok(rpc.some((vector) => parameterOf(vector, 'SignatureMethod') === 'HMAC-SHA256'));
    assert.ok(rpc.some((vector) => vector.credentials === 'STS'));
    assert.equal(new Set(rpc.map(({ request }) => request.method)).size, 2);
  });

  for (const vector of rpc) {
    test(`agrees with the recorded ${vector.id}`, async () => {
      const algorithm = parameterOf(vector, 'SignatureMethod') as RpcAlgorithm;
      const secret = vector.credentials ? credentials[vector.credentials].accessKeySecret : assert.fail();
      const query = canonicalQuery(pairs(vector).filter(([name]) => name !== 'Signature'));
      assert.equal(query, vector.canonicalQuery);
      const stringToSign = rpcStringToSign(vector.request.method === 'GET' ? 'GET' : 'POST', query);
      assert.equal(stringToSign, vector.stringToSign);
      assert.equal(await rpcSignature(algorithm, stringToSign, secret), parameterOf(vector, 'Signature'));
    });
  }
});

/** What came from the caller of the recorded client, to be signed and sent as ours. */
const outgoing = ({ expected }: WireVector): Outgoing => ({
  host: 'not.used',
  action: expected.action,
  version: expected.version,
  parameters: Object.entries(expected.operationParameters),
  time: new Date(expected.timestamp),
  nonce: expected.nonce ?? '',
});

describe('whole requests', () => {
  const formPosts = rpc.filter(({ id }) => id.startsWith('rpc-post-form-'));

  test('pop-core sends everything in a form, too', () => assert.equal(formPosts.length, 3));

  for (const vector of formPosts) {
    test(`the body is that of ${vector.id}, byte for byte`, async () => {
      const pair = { ...credentials.AK, securityToken: undefined };
      const { body, headers } = await signRpc('HMAC-SHA1', outgoing(vector), pair);
      assert.equal(body, vector.request.body);
      assert.equal(headers['content-type'], 'application/x-www-form-urlencoded');
    });
  }

  test('an operation without signature says what the recorded client says', () => {
    const vector = vectors.find(({ id }) => id === 'rpc-anonymous-assumerolewithoidc') ?? assert.fail();
    const sent = [...new URLSearchParams(unsignedRpc(outgoing(vector)).body)];
    const recorded = vector.decoded.query.map(([name, value]) => [name, name === 'Format' ? 'JSON' : value]);
    assert.deepEqual(new Map(sent as [string, string][]), new Map(recorded as [string, string][]));
  });
});
