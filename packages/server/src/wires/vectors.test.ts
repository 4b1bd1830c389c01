import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { ApiError } from '@keyhold/api/errors.ts';
import type { WireVector } from '../../../../test/vectors/wire-vectors.ts';
import { loadWireVectors, toRawRequest } from '../../../../test/vectors/wire-vectors.ts';
import { formPairs, jsonPairs, queryPairs } from './body.ts';
import { readRequest } from './read-request.ts';
import { replyFormat } from './reply-format.ts';
import type { SigningSecret } from './request.ts';
import { createSigningSecret } from './signing-secret.ts';

const { credentials, vectors, negative } = loadWireVectors();

/** The real secret, which also notes what it was asked to sign, in order. */
function listening(vector: WireVector): { secret: SigningSecret; heard: string[] } {
  const real = createSigningSecret(credentials[vector.credentials ?? 'AK'].accessKeySecret);
  const heard: string[] = [];
  const note = (text: string): string => {
    heard.push(text);
    return text;
  };
  const secret: SigningSecret = {
    rpc: (algorithm, text) => real.rpc(algorithm, note(text)),
    acs3: (algorithm, text) => real.acs3(algorithm, note(text)),
    acs4: (date, region, product, text) => real.acs4(date, region, product, note(text)),
  };
  return { secret, heard };
}

/** The vector `made-acs3-form-kms` leaves out the form its body holds. */
const UNLISTED_FORM: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'made-acs3-form-kms': [
    ['KeyId', 'alias/测试 key'],
    ['Plaintext', 'AAECAw+/=='],
    ['EncryptionContext', '{"a":"b c"}'],
  ],
};

const byName = (pairs: readonly (readonly [string, string])[]) =>
  Object.fromEntries(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)));

for (const vector of vectors) {
  const raw = toRawRequest(vector.request);
  const { expected } = vector;
  const form = UNLISTED_FORM[vector.id] ?? vector.decoded.form;

  test(`decodes ${vector.id}`, () => {
    assert.deepEqual(byName(queryPairs(raw)), byName(vector.decoded.query));
    assert.deepEqual(byName(formPairs(raw)), byName(form));
    assert.equal(replyFormat(raw), expected.format?.toUpperCase() === 'XML' ? 'XML' : 'JSON');
  });

  if (vector.id === 'acs3-bearer') {
    test(`refuses ${vector.id}`, () => {
      assert.throws(() => readRequest(raw), { code: 'MissingAccessKeyId' });
    });
    continue;
  }

  test(`understands ${vector.id}`, () => {
    const request = readRequest(raw);
    assert.equal(request.action, expected.action);
    assert.equal(request.version, expected.version);
    // The vectors list query and form alone; members of a JSON body come on top.
    const json = vector.request.headers.some(([, value]) => value.startsWith('application/json;'))
      ? Object.fromEntries(jsonPairs(raw))
      : {};
    assert.deepEqual(Object.fromEntries(request.parameters), {
      ...expected.operationParameters,
      ...Object.fromEntries(UNLISTED_FORM[vector.id] ?? []),
      ...json,
    });
    const region = [...vector.decoded.query, ...vector.decoded.form].find(
      ([name]) => name === 'RegionId',
    )?.[1];
    assert.equal(request.regionId, region);
    if (vector.verifiesWith === 'unsigned') {
      assert.equal(request.signature, undefined);
      return;
    }
    assert.equal(request.signature?.accessKeyId, expected.accessKeyId);
    assert.equal(request.signature?.securityToken, expected.securityToken);
    assert.equal(request.signature?.timestamp, Date.parse(expected.timestamp));
    assert.equal(request.signature?.replayToken, expected.nonce ?? vector.signature);
  });

  if (vector.verifiesWith === 'unsigned') continue;

  test(`verifies ${vector.id} (${vector.verifiesWith})`, () => {
    const request = readRequest(raw);
    const { secret, heard } = listening(vector);
    if (vector.verifiesWith === 'client-defect') {
      assert.throws(() => request.signature?.verify(secret), { code: 'SignatureDoesNotMatch' });
      const { date, region, product } = { date: '20261122', region: 'center', product: 'Kms' };
      assert.equal(secret.acs4(date, region, product, heard[0] ?? '').toString('hex'), vector.signature);
      return;
    }
    assert.deepEqual(request.signature?.verify(secret), request.parameters);
    assert.equal(heard.at(-1), vector.stringToSign);
    assert.equal(heard.length, vector.verifiesWith === 'standard' ? 1 : 2);
  });

  test(`refuses ${vector.id} under another secret, and shows what was to be signed`, () => {
    const mine = vector.request.target.includes('Signature=') || vector.request.body.includes('Signature=');
    assert.throws(
      () => readRequest(raw).signature?.verify(createSigningSecret('another')),
      (error) =>
        error instanceof ApiError &&
        error.code === 'SignatureDoesNotMatch' &&
        (vector.verifiesWith !== 'standard' ||
          (mine
            ? error.message ===
              `Specified signature is not matched with our calculation. server string to sign is:${vector.stringToSign}`
            : error.message ===
              `Specified signature does not match our calculation. server StringToSign is [${vector.stringToSign}] server CanonicalRequest is [${vector.canonicalRequest}]`)),
    );
  });
}

test('the key chain of ACS4 is that of the vector', () => {
  const vector = vectors.find(({ id }) => id === 'made-acs4-kms') as WireVector & { signingKeyHex: string };
  const text = vector.stringToSign ?? '';
  const expected = createHmac('sha256', Buffer.from(vector.signingKeyHex, 'hex')).update(text).digest();
  const secret = createSigningSecret('testsecret');
  assert.deepEqual(secret.acs4('20260102', 'cn-hangzhou', 'Kms', text), expected);
});

/** Refusals that take a clock, the access keys, the operations or the memory of nonces. */
const ELSEWHERE = /Expired|NonceUsed|AccessKeyId\.|SecurityToken|InvalidAction|InvalidVersion/;

for (const vector of negative) {
  const { expect } = vector;
  test(`refuses ${vector.id}, or leaves it to those who can`, () => {
    const raw = toRawRequest(vector.request);
    if (ELSEWHERE.test(expect.code)) {
      assert.notEqual(readRequest(raw).signature, undefined);
      return;
    }
    assert.throws(
      () => readRequest(raw).signature?.verify(createSigningSecret('testsecret')),
      (error) =>
        error instanceof ApiError &&
        error.code === expect.code &&
        error.status === expect.httpStatus &&
        error.message.endsWith(expect.messageEndsWith ?? ''),
    );
  });
}
