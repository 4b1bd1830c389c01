import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { exportSPKI, SignJWT } from 'jose';
import { Issuers } from './issuers.ts';
import { base64url, type Claims, type IssuerKey, newKey, sign, startIssuer } from './test-kit/issuer.ts';
import { verifyToken } from './token.ts';

const NOW = 1_800_000_000_000;
const HOUR = 3600;
const seconds = (afterMs: number): number => (NOW + afterMs) / 1000;

const ALGORITHMS = ['RS256', 'RS512', 'PS256', 'PS384', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const keys = await Promise.all(ALGORITHMS.map((alg) => newKey(alg, alg)));
const [rsa] = keys as [IssuerKey];
const issuer = await startIssuer(keys);
after(() => issuer.close());

const provider = { issuerUrl: issuer.url, clientIds: ['app', 'sts.aliyuncs.com'] };
const issuers = new Issuers({ clock: () => 0, onFailure: (_, error) => assert.fail(String(error)) });
const claimsOf = (changes: Claims = {}): Claims => ({
  iss: issuer.url,
  sub: 'system:serviceaccount:ns:app',
  aud: 'app',
  iat: seconds(0),
  exp: seconds(HOUR * 1000),
  ...changes,
});
const verify = (token: string, now = NOW) => verifyToken(issuers, provider, token, now);
const INVALID = { code: 'AuthenticationFail.OIDCToken.Invalid' };
const EXPIRED = { code: 'AuthenticationFail.OIDCToken.Expired' };

for (const key of keys) {
  test(`accepts a token signed with ${key.alg}, and no other signature under that name`, async () => {
    const token = await sign(key, claimsOf());
    assert.deepEqual(await verify(token), {
      issuer: issuer.url,
      subject: 'system:serviceaccount:ns:app',
      audiences: ['app'],
      issuedAt: NOW,
      expiresAt: NOW + HOUR * 1000,
      notBefore: Number.NEGATIVE_INFINITY,
    });
    const other = await newKey(key.alg, key.kid);
    await assert.rejects(verify(await sign(other, claimsOf())), INVALID);
  });
}

const encode = (header: unknown, claims: unknown, signature = ''): string =>
  `${base64url(header)}.${base64url(claims)}.${signature}`;
const bySecret = async (secret: Uint8Array): Promise<string> =>
  new SignJWT(claimsOf()).setProtectedHeader({ alg: 'HS256', kid: 'RS256' }).sign(secret);

const FORGERIES: Readonly<Record<string, () => string | Promise<string>>> = {
  'alg none': () => encode({ alg: 'none' }, claimsOf()),
  'alg None': () => encode({ alg: 'None', kid: 'RS256' }, claimsOf()),
  'no alg': () => encode({ kid: 'RS256' }, claimsOf(), 'AAAA'),
  'alg of a list': () => encode({ alg: ['RS256'], kid: 'RS256' }, claimsOf(), 'AAAA'),
  'HS256 with the public key as PEM': async () => bySecret(Buffer.from(await exportSPKI(rsa.publicKey))),
  'HS256 with the public key as JWK': () => bySecret(Buffer.from(JSON.stringify(rsa.jwk))),
  'HS256 with the modulus': () => bySecret(Buffer.from(rsa.jwk.n ?? '', 'base64url')),
  'a key of its own in the header': async () => {
    const other = await newKey('RS256', 'RS256');
    return sign(other, claimsOf(), { jwk: other.jwk as { kty: string } });
  },
  'an unknown kid': () => sign(rsa, claimsOf(), { kid: 'another' }),
  'a kid that is no text': () => sign(rsa, claimsOf(), { kid: 5 as unknown as string }),
  'the kid of a key of another kind': () => sign(rsa, claimsOf(), { kid: 'ES256' }),
  'an algorithm that the key is not for': async () =>
    new SignJWT(claimsOf())
      .setProtectedHeader({ alg: 'RS256', kid: 'RS512' })
      .sign((await newKey('RS256', 'RS512')).privateKey),
  'what is to be understood': () => sign(rsa, claimsOf(), { crit: ['b64'], b64: true }),
  'a logout token': () => sign(rsa, claimsOf(), { typ: 'logout+jwt' }),
  'no signature': async () => (await sign(rsa, claimsOf())).replace(/[^.]*$/, ''),
  'two parts': async () => (await sign(rsa, claimsOf())).replace(/\.[^.]*$/, ''),
  'five parts': async () => `${await sign(rsa, claimsOf())}.AA.AA`,
  'claims that are no object': () => encode({ alg: 'RS256' }, '[]', 'AAAA'),
  'deeply nested claims': () => encode({ alg: 'RS256' }, `{"a":${'['.repeat(7000)}`, 'AAAA'),
  'nothing at all': () => '',
};

for (const [what, forge] of Object.entries(FORGERIES)) {
  test(`refuses ${what}`, async () => assert.rejects(verify(await forge()), INVALID));
}

const BAD_CLAIMS: Readonly<Record<string, Claims>> = {
  'no issuer': { iss: undefined },
  'another issuer': { iss: 'http://127.0.0.1:1' },
  'the issuer with a slash': { iss: `${issuer.url}/` },
  'the issuer in a list': { iss: [issuer.url] },
  'no audience': { aud: undefined },
  'an empty list of audiences': { aud: [] },
  'another audience': { aud: 'App' },
  'one more audience': { aud: ['app', 'other'] },
  'an audience that is no text': { aud: [['app']] },
  'made for another party': { azp: 'other' },
  'made for nobody': { azp: null },
  'no subject': { sub: undefined },
  'an empty subject': { sub: '' },
  'a long subject': { sub: 'x'.repeat(256) },
  'a subject with a line break': { sub: 'a\nb' },
  'no issue time': { iat: undefined },
  'no expiry': { exp: undefined },
  'an expiry as text': { exp: '1900000000' },
  'an expiry beyond all dates': { exp: 1e300 },
  'nbf null': { nbf: null },
};

for (const [what, changes] of Object.entries(BAD_CLAIMS)) {
  test(`refuses a token with ${what}`, async () => {
    await assert.rejects(verify(await sign(rsa, claimsOf(changes))), INVALID);
  });
}

test('accepts several audiences where all are registered, and the party it was made for', async () => {
  const { audiences } = await verify(
    await sign(rsa, claimsOf({ aud: ['sts.aliyuncs.com', 'app'], azp: 'app' }), { typ: 'jwt' }),
  );
  assert.deepEqual(audiences, ['sts.aliyuncs.com', 'app']);
});

test('times count to the millisecond, 30 seconds either way; what is forged is never called expired', async () => {
  const LIMIT = 12 * HOUR * 1000;
  const cases: readonly (readonly [what: string, claims: Claims, code: string])[] = [
    ['exp', { exp: seconds(-29_999) }, ''],
    ['exp', { exp: seconds(-30_000) }, EXPIRED.code],
    ['iat', { iat: seconds(30_000) }, ''],
    ['iat', { iat: seconds(30_001) }, INVALID.code],
    ['nbf', { nbf: seconds(30_000) }, ''],
    ['nbf', { nbf: seconds(30_001) }, INVALID.code],
    ['old', { iat: seconds(-LIMIT) }, ''],
    ['old', { iat: seconds(-LIMIT - 1) }, EXPIRED.code],
  ];
  const forger = await newKey('RS256', 'RS256');
  for (const [what, changes, code] of cases) {
    const found = await verify(await sign(rsa, claimsOf(changes))).then(
      () => '',
      (error) => error.code,
    );
    assert.equal(found, code, `${what} ${JSON.stringify(changes)}`);
    await assert.rejects(verify(await sign(forger, claimsOf(changes))), INVALID);
  }
});

test('every character of a token counts', async () => {
  const key = keys.find(({ alg }) => alg === 'ES256') ?? assert.fail();
  const token = await sign(key, claimsOf());
  await verify(token);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  for (let i = 0; i < token.length; i++) {
    // One bit of what the character stands for, the least: at the end of a part it may stand for nothing.
    const other = alphabet[alphabet.indexOf(token[i] ?? '') ^ 1] ?? 'A';
    const changed = token.slice(0, i) + other + token.slice(i + 1);
    await assert.rejects(verify(changed), INVALID, `character ${i}`);
  }
});
