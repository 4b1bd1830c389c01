import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Issuers } from './issuers.ts';
import { type IssuerKey, newKey, sign, startIssuer, type TestIssuer } from './test-kit/issuer.ts';

const DISCOVERY = '/.well-known/openid-configuration';
const [first, second, third] = (await Promise.all(
  ['one', 'two', 'three'].map((kid) => newKey('ES256', kid)),
)) as [IssuerKey, IssuerKey, IssuerKey];

const running: TestIssuer[] = [];
after(() => Promise.all(running.map((issuer) => issuer.close())));
async function start(keys: readonly IssuerKey[], instead?: RequestListener): Promise<TestIssuer> {
  const issuer = await startIssuer(keys);
  issuer.instead = instead;
  running.push(issuer);
  return issuer;
}

/** With a clock that stands still unless it is moved, and what went wrong. */
function newIssuers() {
  const clock = { now: 0 };
  const failures: string[] = [];
  const onFailure = (_: string, error: unknown) => failures.push(String(error));
  const issuers = new Issuers({ clock: () => clock.now, onFailure });
  const signed = async (issuer: TestIssuer, key: IssuerKey, header = {}) =>
    issuers.signed(issuer.url, await sign(key, { sub: 'x' }, header), ['ES256']);
  return { clock, failures, issuers, signed };
}

test('asks once for many tokens, and again after ten minutes', async () => {
  const { clock, signed } = newIssuers();
  const issuer = await start([first]);
  const all = await Promise.all(Array.from({ length: 20 }, () => signed(issuer, first)));
  assert.ok(all.every(Boolean));
  assert.deepEqual(issuer.asked, [DISCOVERY, '/keys']);
  clock.now = 600_000 - 1;
  assert.equal(await signed(issuer, first), true);
  assert.equal(issuer.asked.length, 2);
  clock.now = 600_000;
  issuer.keys = [second.jwk];
  assert.equal(await signed(issuer, first), false, 'a key that was withdrawn');
  assert.equal(await signed(issuer, second), true);
  assert.equal(issuer.asked.length, 4);
});

test('an unknown key makes it ask again, once in ten seconds', async () => {
  const { clock, signed } = newIssuers();
  const issuer = await start([first]);
  assert.equal(await signed(issuer, first), true);
  issuer.keys = [first.jwk, second.jwk];
  for (let i = 0; i < 5; i++) assert.equal(await signed(issuer, second), false);
  assert.equal(issuer.asked.length, 2, 'only just asked');
  clock.now = 10_000;
  assert.equal(await signed(issuer, second), true);
  assert.equal(await signed(issuer, third), false);
  assert.equal(issuer.asked.length, 4);
});

test('an issuer that is gone keeps its keys until they are old, and is asked once in ten seconds', async () => {
  const { clock, failures, signed } = newIssuers();
  const issuer = await start([first]);
  assert.equal(await signed(issuer, first), true);
  issuer.instead = (_, response) => response.writeHead(500).end();
  clock.now = 599_000;
  assert.equal(await signed(issuer, second), false);
  assert.equal(failures.length, 1);
  assert.equal(await signed(issuer, first), true, 'strangers cannot take the keys away');
  clock.now = 600_000;
  assert.equal(await signed(issuer, first), false);
  assert.equal(failures.length, 1, 'asked a second ago');
  clock.now = 609_000;
  assert.equal(await signed(issuer, first), false);
  assert.equal(failures.length, 2);
  issuer.instead = undefined;
  clock.now = 619_000;
  assert.equal(await signed(issuer, first), true);
});

test('keys of one name are all tried, whether the token names one or not; those of another issuer are not', async () => {
  const { signed } = newIssuers();
  const twins = await Promise.all([
    newKey('ES256', 'twin'),
    newKey('ES256', 'twin'),
    newKey('ES256', 'twin'),
  ]);
  const [one, two, three] = twins as [IssuerKey, IssuerKey, IssuerKey];
  const issuer = await start([one, two]);
  const other = await start([three]);
  for (const header of [{}, { kid: undefined }]) {
    assert.equal(await signed(issuer, one, header), true);
    assert.equal(await signed(issuer, two, header), true);
    assert.equal(await signed(issuer, three, header), false);
    assert.equal(await signed(other, three, header), true);
    assert.equal(await signed(other, one, header), false);
  }
});

test('no more than four keys are tried for a token', async () => {
  const { signed } = newIssuers();
  const twins = await Promise.all(Array.from({ length: 5 }, () => newKey('ES256', 'twin')));
  const issuer = await start(twins);
  assert.equal(await signed(issuer, twins[3] ?? assert.fail()), true);
  assert.equal(await signed(issuer, twins[4] ?? assert.fail()), false);
});

const json = (document: unknown): RequestListener => {
  return (_, response) => response.end(JSON.stringify(document));
};
const atKeys =
  (atKeys: RequestListener, ofKeys = '/keys'): RequestListener =>
  (request, response) => {
    if (request.url !== DISCOVERY) return atKeys(request, response);
    const url = `http://${request.headers.host}`;
    json({ issuer: url, jwks_uri: new URL(ofKeys, url) })(request, response);
  };
const zipped =
  (document: unknown): RequestListener =>
  (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(JSON.stringify(document)));
const keySet = { keys: [first.jwk] };
const padded = (bytes: number) => ({ ...keySet, padding: 'x'.repeat(bytes) });
const redirect =
  (to: string): RequestListener =>
  (_, response) =>
    response.writeHead(302, { location: to }).end();

/** In whose name the discovery document speaks; all else is right. */
const namedAs =
  (issuer: string | undefined | ((url: string) => string)): RequestListener =>
  (request, response) => {
    const url = `http://${request.headers.host}`;
    const name = typeof issuer === 'function' ? issuer(url) : issuer;
    const document = request.url === DISCOVERY ? { issuer: name, jwks_uri: `${url}/keys` } : keySet;
    json(document)(request, response);
  };

const WRONG: Readonly<Record<string, RequestListener>> = {
  'a discovery document elsewhere': (request, response) =>
    request.url === DISCOVERY
      ? redirect('/real')(request, response)
      : json({ issuer: `http://${request.headers.host}`, jwks_uri: `http://${request.headers.host}/keys` })(
          request,
          response,
        ),
  'keys elsewhere': atKeys((request, response) =>
    (request.url === '/keys' ? redirect('/real') : json(keySet))(request, response),
  ),
  'another issuer': namedAs('http://127.0.0.1:1'),
  'itself with a slash': namedAs((url) => `${url}/`),
  'no issuer': namedAs(undefined),
  'keys over http at another place': atKeys(json(keySet), 'http://127.0.0.1:1/keys'),
  'keys in a file': atKeys(json(keySet), 'file:///etc/passwd'),
  'keys in a data URL': atKeys(json(keySet), `data:,${encodeURIComponent(JSON.stringify(keySet))}`),
  'keys behind a password': atKeys(json(keySet), 'https://a:b@127.0.0.1/keys'),
  'a discovery document that is no object': json(null),
  'no JSON': (_, response) => response.end('<html>'),
  'deep JSON': (_, response) => response.end('['.repeat(60_000)),
  'no list of keys': atKeys(json({ keys: first.jwk })),
  'keys that are no objects': atKeys(json({ keys: ['x'] })),
  'too many bytes': atKeys(json(padded(64 * 1024))),
  'too many bytes in few': atKeys(zipped(padded(8 * 1024 * 1024))),
  'bytes without end': atKeys((_, response) => {
    const more = () => {
      while (response.write(Buffer.alloc(16_384, 0x20)));
      response.once('drain', more);
    };
    more();
  }),
  'status 404': atKeys((_, response) => response.writeHead(404).end(JSON.stringify(keySet))),
  'a cut connection': (_, response) => response.socket?.destroy(),
};

for (const [what, instead] of Object.entries(WRONG)) {
  test(`an issuer that answers with ${what} signs nothing`, async () => {
    const { failures, signed } = newIssuers();
    const issuer = await start([first], instead);
    assert.equal(await signed(issuer, first), false);
    assert.equal(failures.length, 1);
    assert.ok(!issuer.asked.includes('/real'), 'no redirect is followed');
  });
}

test('64 KiB are enough, and may come compressed', async () => {
  const { signed } = newIssuers();
  for (const answer of [json, zipped]) {
    const issuer = await start([first], atKeys(answer(padded(60 * 1024))));
    assert.equal(await signed(issuer, first), true);
  }
});

test('who is slow is left after three seconds, and no more than eight are waited for', async () => {
  const { failures, signed } = newIssuers();
  const drip = atKeys((_, response) => {
    const dripping = setInterval(() => response.write(' '), 100);
    response.on('close', () => clearInterval(dripping));
  });
  const silent: RequestListener = () => {};
  const slow = await Promise.all(
    [...Array(4).fill(drip), ...Array(4).fill(silent)].map((how) => start([], how)),
  );
  const started = performance.now();
  const waiting = slow.map((issuer) => signed(issuer, first));
  while (slow.some(({ asked }) => asked.length === 0))
    await new Promise((resolve) => setTimeout(resolve, 10));
  const issuer = await start([first]);
  await assert.rejects(signed(issuer, first), { code: 'Rejected.Throttling' });
  assert.deepEqual(issuer.asked, []);
  assert.ok((await Promise.all(waiting)).every((signed) => !signed));
  assert.ok(performance.now() - started > 2500);
  assert.equal(failures.length, 8);
  assert.equal(await signed(issuer, first), true);
});
