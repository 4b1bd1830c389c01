import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { Encrypt } from '@keyhold/api/kms/crypto.ts';
import { CreateKey, ListKeys } from '@keyhold/api/kms/keys.ts';
import { DescribeRegions } from '@keyhold/api/kms/service.ts';
import { readParameters } from '@keyhold/api/parameters.ts';
import { SecretBytes } from '@keyhold/server/secret-bytes.ts';
import { readRequest } from '@keyhold/server/wires/read-request.ts';
import { createSigningSecret } from '@keyhold/server/wires/signing-secret.ts';
import fc from 'fast-check';
import { type Client, type ClientOptions, createClient } from './client.ts';

const KEYS = { accessKeyId: 'LTAIexample', accessKeySecret: 'a-secret-of-the-test' };
const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function clientOf(listener: RequestListener, options: Partial<ClientOptions> = {}): Promise<Client> {
  return createClient({ ...KEYS, endpoint: await listen(createServer(listener)), ...options });
}

/** A server that answers every call with this. */
const answering = (status: number, body: unknown, headers = {}): Promise<Client> =>
  clientOf((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });

describe('what the client sends', () => {
  const received: { request: IncomingMessage; body: Buffer }[] = [];
  const recorder = clientOf(
    async (request, response) => {
      received.push({ request, body: await buffer(request) });
      response.end(JSON.stringify({ KeyId: 'k', KeyVersionId: 'v', CiphertextBlob: 'b', RequestId: 'r' }));
    },
    { region: 'cn-hangzhou' },
  );

  /** The last request as the server's wires read it. */
  function last() {
    const { request, body } = received.pop() ?? assert.fail('nothing came');
    const { method = '', url: target = '', headers } = request;
    return readRequest({ method, target, headers, body, remoteAddress: '127.0.0.1', tls: false });
  }
  const secret = (text: string) => createSigningSecret(new SecretBytes(Buffer.from(text)));

  test('is accepted by the server with the same parameters, whatever they are', async () => {
    const client = await recorder;
    const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    const context = fc
      .dictionary(word, word, { maxKeys: 4 })
      .map((pairs) => ({ ...pairs }))
      // The contract refuses this name.
      .filter((pairs) => !Object.hasOwn(pairs, '__proto__'));
    await fc.assert(
      fc.asyncProperty(word, word, context, async (KeyId, Plaintext, EncryptionContext) => {
        const parameters = { KeyId, Plaintext, EncryptionContext };
        await client.call(Encrypt, parameters);
        const request = last();
        assert.equal(request.action, 'Encrypt');
        assert.equal(request.regionId, 'cn-hangzhou');
        const verified = request.signature?.verify(secret(KEYS.accessKeySecret)) ?? assert.fail('unsigned');
        assert.deepEqual(readParameters(Encrypt.request, verified), parameters);
      }),
      { numRuns: 60 },
    );
  });

  test('carries nothing of the call in its URL, and not the secret anywhere', async () => {
    await (await recorder).call(Encrypt, { KeyId: 'k', Plaintext: 'cGxhaW4=' });
    const { request, body } = received.pop() ?? assert.fail('nothing came');
    assert.equal(request.url, '/');
    const everything = JSON.stringify(request.rawHeaders) + body.toString();
    assert.ok(!everything.includes(KEYS.accessKeySecret));
  });

  test('does not verify under another secret, and is new each time', async () => {
    const client = await recorder;
    await client.call(Encrypt, { KeyId: 'k', Plaintext: 'p' });
    const first = last();
    assert.throws(() => first.signature?.verify(secret('another')), { code: 'SignatureDoesNotMatch' });
    await client.call(Encrypt, { KeyId: 'k', Plaintext: 'p' });
    assert.notEqual(last().signature?.replayToken, first.signature?.replayToken);
  });

  test('does not leave where a parameter does not fit', async () => {
    const client = await recorder;
    await assert.rejects(client.call(ListKeys, { PageSize: 1000 }), { name: 'ZodError' });
    assert.equal(received.length, 0);
  });
});

describe('what the client makes of answers', () => {
  const regions = { Regions: { Region: [{ RegionId: 'cn-hangzhou' }] }, RequestId: 'r' };

  test('keeps members it does not know', async () => {
    const newer = { ...regions, Later: { than: 'this' } };
    assert.deepEqual(await (await answering(200, newer)).call(DescribeRegions, {}), newer);
  });

  test('a refusal becomes a KmsError, with a hint where one is known', async () => {
    const client = await answering(409, {
      HttpStatus: 409,
      Code: 'Rejected.Disabled',
      Message: 'm',
      RequestId: 'r',
    });
    const expected = {
      name: 'KmsError',
      code: 'Rejected.Disabled',
      status: 409,
      message: 'm',
      requestId: 'r',
    };
    await assert.rejects(client.call(CreateKey, {}), { ...expected, hint: /EnableKey/ });
  });

  test('a refusal with a code it does not know, and its id in the header only', async () => {
    const client = await answering(400, { Code: 'constructor', Message: 'm' }, { 'x-acs-request-id': 'h' });
    await assert.rejects(client.call(CreateKey, {}), {
      code: 'constructor',
      requestId: 'h',
      hint: undefined,
    });
  });

  for (const [what, status, body] of [
    ['a page of HTML', 502, '<html>Bad Gateway</html>'],
    ['JSON of another server', 404, { error: 'no such route' }],
    ['an answer without its members', 200, { RequestId: 'r' }],
    ['an answer without RequestId', 200, { Regions: regions.Regions }],
    ['a member of the wrong type', 200, { ...regions, Regions: { Region: 'cn-hangzhou' } }],
    ['an answer that is no object', 200, 'null'],
    ['an answer with a status of failure', 500, regions],
  ] as const) {
    test(`${what} is an UnexpectedAnswer that names the endpoint`, async () => {
      const client = await answering(status, body);
      await assert.rejects(client.call(DescribeRegions, {}), {
        name: 'UnexpectedAnswer',
        message: /^http:\/\/127\.0\.0\.1:\d+ answered/,
      });
    });
  }
});

describe('when no answer comes', () => {
  const unreachable = (message: RegExp) => ({ name: 'KmsUnreachable', message });

  test('nobody listens', async () => {
    const server = createTcpServer();
    const endpoint = await listen(server);
    await new Promise((done) => server.close(done));
    const client = createClient({ ...KEYS, endpoint });
    await assert.rejects(
      client.call(DescribeRegions, {}),
      unreachable(/^http.*refused.*is the server running/),
    );
  });

  test('the connection is closed', async () => {
    const endpoint = await listen(createTcpServer((socket) => socket.end()));
    const client = createClient({ ...KEYS, endpoint });
    await assert.rejects(client.call(DescribeRegions, {}), unreachable(/closed the connection/));
  });

  test('https is tried on a plain server', async () => {
    const endpoint = (await listen(createServer())).replace('http:', 'https:');
    const client = createClient({ ...KEYS, endpoint });
    await assert.rejects(client.call(DescribeRegions, {}), unreachable(/does not speak TLS: say http:/));
  });

  test('the server is too slow', async () => {
    const client = await clientOf((_, response) => setTimeout(() => response.end(), 3000).unref(), {
      timeoutMs: 50,
    });
    await assert.rejects(client.call(DescribeRegions, {}), unreachable(/did not answer within 0\.05 s/));
  });

  test('the server redirects', async () => {
    const client = await answering(307, '', { location: 'http://127.0.0.1:1/' });
    await assert.rejects(client.call(DescribeRegions, {}), unreachable(/cannot be reached \(.*redirect/));
  });
});

test('an endpoint that is none is refused at once', () => {
  for (const endpoint of ['127.0.0.1:8300', 'ftp://h', 'http://h/path', 'http://user@h', '']) {
    assert.throws(() => createClient({ ...KEYS, endpoint }), TypeError, endpoint);
  }
});
