import assert from 'node:assert/strict';
import { after, beforeEach, describe, test } from 'node:test';
import type { CallOptions, ClientOptions } from '../client.ts';
import { createKmsClient } from '../kms.ts';
import {
  type Act,
  answer,
  hangUp,
  refuse,
  scriptedServer,
  stall,
  unusedUrl,
} from '../test-kit/scripted-server.ts';

const credentials = { accessKeyId: 'LTAIexample', accessKeySecret: 'a-secret-of-the-test' };
const [server, second] = await Promise.all([scriptedServer(), scriptedServer()]);
after(() => Promise.all([server.close(), second.close()]));
beforeEach(() => {
  server.play(hangUp);
  second.play(hangUp);
});

const kms = (options: Partial<ClientOptions> = {}) =>
  createKmsClient({ endpoint: server.url, credentials, ...options });
const regions = answer(200, { Regions: { Region: [] }, RequestId: 'r' });
const enabled = answer(200, { RequestId: 'r' });
const read = (options: Partial<ClientOptions> = {}, call: CallOptions = {}) =>
  kms(options).DescribeRegions({}, call);
const write = (options: Partial<ClientOptions> = {}, call: CallOptions = {}) =>
  kms(options).EnableKey({ KeyId: 'k' }, call);

/** What happens once; whether a call that reads and a call that writes is repeated after it. */
const TABLE: readonly [what: string, act: Act, readAgain: boolean, writeAgain: boolean][] = [
  ...[
    'Rejected.Throttling',
    'Throttling',
    'Throttling.User',
    'Throttling.Api',
    'TooManyRequests',
    'Other',
  ].map((code): [string, Act, boolean, boolean] => [`429 ${code}`, refuse(429, code), true, true]),
  ['400 Throttling', refuse(400, 'Throttling'), true, true],
  ['408 RequestTimeout', refuse(408, 'RequestTimeout'), true, true],
  ['400 SignatureNonceUsed', refuse(400, 'SignatureNonceUsed'), true, false],
  ['500 InternalFailure', refuse(500, 'InternalFailure'), true, false],
  ['500 InternalError', refuse(500, 'InternalError'), true, false],
  ['500 of a code that is not known', refuse(500, 'Newer'), true, false],
  ['503 ServiceUnavailableTemporary', refuse(503, 'ServiceUnavailableTemporary'), true, false],
  ['503 ServiceUnavailable', refuse(503, 'ServiceUnavailable'), true, false],
  ['502 of a proxy', answer(502, '<html>Bad Gateway</html>'), true, false],
  ['504 of a proxy', answer(504, ''), true, false],
  ['a closed connection', hangUp, true, false],
  [
    'an answer that is cut short',
    (response) => response.writeHead(200).write('{', () => response.destroy()),
    true,
    false,
  ],
  ['400 InvalidParameter', refuse(400, 'InvalidParameter'), false, false],
  ['400 SignatureDoesNotMatch', refuse(400, 'SignatureDoesNotMatch'), false, false],
  ['403 Forbidden.NoPermission', refuse(403, 'Forbidden.NoPermission'), false, false],
  ['404 of another server', answer(404, {}), false, false],
  ['409 Rejected.Disabled', refuse(409, 'Rejected.Disabled'), false, false],
  ['409 of a code like a prototype member', refuse(409, 'constructor'), false, false],
  ['501 of a proxy', answer(501, ''), false, false],
  ['200 in an unknown shape', answer(200, {}), false, false],
];

describe('the table', { concurrency: true }, () => {
  for (const [what, act, readAgain, writeAgain] of TABLE) {
    test(`after ${what}: reading ${readAgain}, writing ${writeAgain}`, async (t) => {
      const server = await scriptedServer();
      t.after(() => server.close());
      for (const [call, good, again] of [
        [read, regions, readAgain],
        [write, enabled, writeAgain],
      ] as const) {
        server.play(act, good);
        if (again) await call({ endpoint: server.url });
        else await assert.rejects(call({ endpoint: server.url }));
        assert.equal(server.received.length, again ? 2 : 1);
      }
    });
  }
});

describe('what is repeated', () => {
  test('a write that never left is repeated', async () => {
    server.play(enabled);
    await write({ endpoint: [await unusedUrl(), server.url] });
  });

  test('a write that got no answer in time is not, nor one that failed for reasons unknown', async () => {
    server.play(stall);
    await assert.rejects(write({ attemptTimeoutMs: 50 }), { message: /may have been carried out/ });
    assert.equal(server.received.length, 1);
    let calls = 0;
    const asInBrowsers = async () => {
      calls += 1;
      throw new TypeError('Failed to fetch');
    };
    await assert.rejects(write({ fetch: asInBrowsers }), { message: /may have been carried out/ });
    assert.equal(calls, 1);
    await assert.rejects(read({ fetch: asInBrowsers, attempts: 2 }), { name: 'KmsUnreachable' });
    assert.equal(calls, 3);
  });

  test('a port that Node does not connect to is said, and not tried again', async () => {
    const message = /^http:\/\/127\.0\.0\.1:1 cannot be reached: Node refuses this port/;
    await assert.rejects(write({ endpoint: 'http://127.0.0.1:1' }), { name: 'KmsUnreachable', message });
  });

  test('a write that may have been carried out says so', async () => {
    server.play(hangUp);
    await assert.rejects(write(), { name: 'KmsUnreachable', message: /EnableKey may have been carried out/ });
    server.play(answer(502, ''));
    await assert.rejects(write(), {
      name: 'UnexpectedAnswer',
      message: /EnableKey may have been carried out/,
    });
    server.play(refuse(503, 'ServiceUnavailableTemporary'));
    const refusal = { name: 'KmsError', status: 503, requestId: 'r', message: 'm' };
    await assert.rejects(write(), { ...refusal, hint: /EnableKey may have been carried out/ });
    server.play(refuse(500, 'InternalFailure'));
    await assert.rejects(kms().call('RotateSecret'), { hint: /RotateSecret may have been carried out/ });
  });

  test('the caller may know better than the contract', async () => {
    server.play(hangUp, enabled);
    await write({}, { effect: 'use' });
    server.play(hangUp, enabled);
    await kms().call('GetSecretValue', {}, { effect: 'read' });
    assert.equal(server.received.length, 2);
  });
});

describe('each attempt', () => {
  for (const signature of ['ACS3-HMAC-SHA256', 'HMAC-SHA1'] as const) {
    test(`is signed anew by ${signature}, with the credentials of its time`, async () => {
      let asked = 0;
      const provide = async () => ({ ...credentials, accessKeyId: `id${++asked}` });
      const busy = refuse(503, 'ServiceUnavailableTemporary');
      server.play(busy, busy, busy, regions);
      await read({ signature, credentials: provide });
      const seen = server.received.map(({ request, body }) => {
        const form = new URLSearchParams(body.toString());
        const { authorization = '' } = request.headers;
        return {
          nonce: request.headers['x-acs-signature-nonce'] ?? form.get('SignatureNonce'),
          signature: form.get('Signature') ?? authorization,
          id: form.get('AccessKeyId') ?? /Credential=(\w+)/.exec(authorization)?.[1],
        };
      });
      assert.equal(new Set(seen.map(({ nonce }) => nonce)).size, 4);
      assert.equal(new Set(seen.map(({ signature }) => signature)).size, 4);
      assert.deepEqual(
        seen.map(({ id }) => id),
        ['id1', 'id2', 'id3', 'id4'],
      );
    });
  }

  test('counts: the last failure is what the caller gets', async () => {
    server.play(hangUp, refuse(500, 'InternalFailure'), refuse(503, 'ServiceUnavailable'));
    await assert.rejects(read({ attempts: 3 }), { code: 'ServiceUnavailable' });
    assert.equal(server.received.length, 3);
  });

  test('has its own time', async () => {
    server.play(stall, regions);
    await read({ attemptTimeoutMs: 60 });
    assert.equal(server.received.length, 2);
  });
});

describe('how long', () => {
  test('what the server asks for is waited', async () => {
    const headers = { 'x-acs-retry-after': '300', 'retry-after': '60' };
    server.play(refuse(429, 'Rejected.Throttling', headers), enabled);
    await write();
    const [first, again] = server.received;
    assert.ok(first && again && again.at - first.at >= 295);
  });

  test('a wait beyond the deadline is not begun', async () => {
    server.play(refuse(429, 'Rejected.Throttling', { 'retry-after': '3600' }));
    const start = performance.now();
    await assert.rejects(read(), { code: 'Rejected.Throttling', retryAfterMs: 3_600_000 });
    assert.ok(performance.now() - start < 5000);
    assert.equal(server.received.length, 1);
  });

  test('the deadline cuts an attempt short', async () => {
    server.play(stall);
    const start = performance.now();
    await assert.rejects(read({ deadlineMs: 150 }), { name: 'KmsUnreachable', code: 'TIMEOUT' });
    assert.ok(performance.now() - start < 5000);
  });

  test('the deadline covers a provider of credentials that never answers', async () => {
    const silent = () => new Promise<never>(() => undefined);
    await assert.rejects(read({ deadlineMs: 80, credentials: silent }), { name: 'CredentialsError' });
  });
});

describe('a caller who gives up', () => {
  const reason = new Error('enough');

  test('before the call: nothing is sent', async () => {
    await assert.rejects(read({}, { signal: AbortSignal.abort(reason) }), reason);
    assert.equal(server.received.length, 0);
  });

  test('during an attempt: it ends, and no other follows', async () => {
    const abort = new AbortController();
    server.play(() => abort.abort(reason), regions);
    await assert.rejects(read({}, { signal: abort.signal }), reason);
    assert.equal(server.received.length, 1);
  });

  test('during the wait between two', async () => {
    const abort = new AbortController();
    server.play((response, request) => {
      refuse(429, 'Rejected.Throttling', { 'x-acs-retry-after': '20000' })(response, request);
      response.on('finish', () => setTimeout(() => abort.abort(reason), 50));
    });
    const start = performance.now();
    await assert.rejects(read({}, { signal: abort.signal }), reason);
    assert.ok(performance.now() - start < 5000);
  });
});

describe('several endpoints', () => {
  test('the first one that works answers, and one that failed is left alone for a while', async () => {
    server.play(answer(503, ''));
    second.play(regions);
    const client = kms({ endpoint: [server.url, second.url] });
    await client.DescribeRegions();
    await client.DescribeRegions();
    assert.deepEqual([server.received.length, second.received.length], [1, 2]);
  });

  test('the signature is for the host that it is sent to', async () => {
    second.play(regions);
    await read({ endpoint: [await unusedUrl(), second.url] });
    const { headers } = second.received[0]?.request ?? assert.fail();
    assert.equal(headers.host, new URL(second.url).host);
  });

  test('one that throttles is waited for', async () => {
    server.play(refuse(429, 'Rejected.Throttling'), regions);
    await read({ endpoint: [server.url, second.url] });
    assert.deepEqual([server.received.length, second.received.length], [2, 0]);
  });

  test('one whose certificate or name is wrong is not tried again in vain', async () => {
    server.play(stall);
    const wrong = server.url.replace('http:', 'https:');
    const start = performance.now();
    await assert.rejects(read({ endpoint: wrong, attempts: 10 }), { message: /does not speak TLS/ });
    assert.ok(performance.now() - start < 2000);
    second.play(regions);
    await read({ endpoint: [wrong, second.url] });
  });

  test('where none answers, the error names each', async () => {
    const urls = [await unusedUrl(), await unusedUrl()];
    const [a, b] = urls.map((url) => url.replaceAll('.', '\\.'));
    await assert.rejects(read({ endpoint: urls, attempts: 2 }), {
      name: 'KmsUnreachable',
      message: new RegExp(`^${a} refused.*; ${b} refused`),
    });
  });
});
