import assert from 'node:assert/strict';
import { createServer as createTcpServer, type Server } from 'node:net';
import { after, describe, test } from 'node:test';
import { Encrypt } from '@keyhold/api/kms/crypto.ts';
import { readParameters } from '@keyhold/api/parameters.ts';
import { SecretBytes } from '@keyhold/server/secret-bytes.ts';
import { readRequest } from '@keyhold/server/wires/read-request.ts';
import { createSigningSecret } from '@keyhold/server/wires/signing-secret.ts';
import fc from 'fast-check';
import { createActionTrailClient } from './actiontrail.ts';
import type { ClientOptions } from './client.ts';
import { createKmsClient } from './kms.ts';
import { createRamClient } from './ram.ts';
import type { FetchRequest } from './sending/fetch.ts';
import type { SignatureScheme } from './signing/schemes.ts';
import { createStsClient } from './sts.ts';
import { answer, listen, refuse, scriptedServer, stall, unusedUrl } from './test-kit/scripted-server.ts';

const KEYS = { accessKeyId: 'LTAIexample', accessKeySecret: 'a-secret-of-the-test' };
const server = await scriptedServer();
after(() => server.close());

const kms = (options: Partial<ClientOptions> = {}) =>
  createKmsClient({ endpoint: server.url, credentials: KEYS, attempts: 1, ...options });

/** The last request as the server's wires read it. */
function last() {
  const { request, body } = server.received.at(-1) ?? assert.fail('nothing came');
  const { method = '', url: target = '', headers } = request;
  return readRequest({ method, target, headers, body, remoteAddress: '127.0.0.1', tls: false });
}
const secret = (text: string) => createSigningSecret(new SecretBytes(Buffer.from(text)));

const ENCRYPTED = { KeyId: 'k', KeyVersionId: 'v', CiphertextBlob: 'b', RequestId: 'r' };

const SCHEMES: readonly SignatureScheme[] = ['ACS3-HMAC-SHA256', 'HMAC-SHA1', 'HMAC-SHA256'];
for (const signature of SCHEMES) {
  describe(`what the client sends, signed by ${signature}`, () => {
    const signed = { signature, region: 'cn-hangzhou' };

    test('is accepted by the server with the same parameters, whatever they are', async () => {
      server.play(answer(200, ENCRYPTED));
      const client = kms({ ...signed, credentials: { ...KEYS, securityToken: 'CAIS/+==*~' } });
      const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
      const context = fc
        .dictionary(word, word, { maxKeys: 4 })
        .map((pairs) => ({ ...pairs }))
        // The contract refuses this name.
        .filter((pairs) => !Object.hasOwn(pairs, '__proto__'));
      await fc.assert(
        fc.asyncProperty(word, word, context, async (KeyId, Plaintext, EncryptionContext) => {
          const parameters = { KeyId, Plaintext, EncryptionContext };
          await client.Encrypt(parameters);
          const request = last();
          assert.equal(request.action, 'Encrypt');
          assert.equal(request.regionId, 'cn-hangzhou');
          assert.equal(request.signature?.securityToken, 'CAIS/+==*~');
          const verified = request.signature?.verify(secret(KEYS.accessKeySecret)) ?? assert.fail('unsigned');
          assert.deepEqual(readParameters(Encrypt.request, verified), parameters);
        }),
        { numRuns: 30 },
      );
    });

    test('carries nothing of the call in its URL, and not the secret anywhere', async () => {
      server.play(answer(200, ENCRYPTED));
      await kms(signed).Encrypt({ KeyId: 'k', Plaintext: 'cGxhaW4=' });
      const { request, body } = server.received.at(-1) ?? assert.fail('nothing came');
      assert.equal(request.url, '/');
      const everything = JSON.stringify(request.rawHeaders) + body.toString();
      assert.ok(!everything.includes(KEYS.accessKeySecret));
    });

    test('does not verify under another secret, and is new each time', async () => {
      server.play(answer(200, ENCRYPTED));
      await kms(signed).Encrypt({ KeyId: 'k', Plaintext: 'p' });
      const first = last();
      assert.throws(() => first.signature?.verify(secret('another')), { code: 'SignatureDoesNotMatch' });
      await kms(signed).Encrypt({ KeyId: 'k', Plaintext: 'p' });
      assert.notEqual(last().signature?.replayToken, first.signature?.replayToken);
    });
  });
}

test('an operation that comes unsigned asks for no credentials', async () => {
  server.play(refuse(400, 'InvalidParameter.OIDCToken'));
  const credentials = () => assert.fail('asked for credentials');
  const sts = createStsClient({ endpoint: server.url, credentials });
  const session = { RoleArn: 'acs:ram::1:role/r', RoleSessionName: 'me' };
  const token = { OIDCProviderArn: 'acs:ram::1:oidc-provider/p', OIDCToken: 'a.b.c' };
  await assert.rejects(sts.AssumeRoleWithOIDC({ ...session, ...token }), {
    code: 'InvalidParameter.OIDCToken',
  });
  assert.equal(last().action, 'AssumeRoleWithOIDC');
  assert.equal(last().signature, undefined);
});

describe('what does not fit the contract is not sent', () => {
  const refused = async (calling: Promise<unknown>, message: RegExp) => {
    await assert.rejects(calling, { name: 'ParameterError', message });
    assert.equal(server.received.length, 0);
  };

  test('values, which are not repeated in the error', async () => {
    server.play(stall);
    await refused(kms().ListKeys({ PageSize: 1000 }), /^ListKeys was not sent: PageSize: .*100/);
    const tooLong = { KeyId: 'k', Plaintext: 'SECRET'.repeat(2000) };
    await refused(kms().Encrypt(tooLong), /^(?!.*SECRET)Encrypt was not sent: Plaintext: /);
  });

  test('misspelt names, which would be lost otherwise', async () => {
    server.play(stall);
    const misspelt = { KeyId: 'k', Plaintext: 'p', EncryptionContex: {} };
    await refused(kms().Encrypt(misspelt), /no parameter "EncryptionContex"/);
    const polluting = JSON.parse('{"__proto__":{},"KeyId":"k","Plaintext":"p"}');
    await refused(kms().Encrypt(polluting), /no parameter "__proto__"/);
  });

  test('what would not arrive as it is', async () => {
    server.play(stall);
    const Plaintext = 'SECRET \ud800';
    await refused(kms().Encrypt({ KeyId: 'k', Plaintext }), /^(?!.*SECRET)Encrypt .* Plaintext: .* Unicode/);
    await refused(kms().call('Other', { Text: Plaintext }), /^(?!.*SECRET)Other .* Text: .* Unicode/);
    const EncryptionContext = JSON.parse('{"a":"b","__proto__":"c"}');
    await refused(
      kms().Encrypt({ KeyId: 'k', Plaintext: 'p', EncryptionContext }),
      /EncryptionContext: __proto__/,
    );
  });

  test('parameters that are missing', async () => {
    server.play(stall);
    // @ts-expect-error: KeyId is required
    await refused(kms().DescribeKey(), /^DescribeKey was not sent: KeyId: /);
    // @ts-expect-error: there is no such operation
    assert.equal(kms().DescribeKeys, undefined);
  });
});

describe('an action that the contract does not know', () => {
  test('goes as it is given, and its answer comes as it is', async () => {
    const secretValue = { SecretData: 's', Nested: { a: [1] }, RequestId: 'r' };
    server.play(answer(200, secretValue));
    const given = { SecretName: 'db', FetchExtendedConfig: true, MaxResults: 5, Absent: undefined };
    assert.deepEqual(await kms().call('GetSecretValue', given), secretValue);
    const verified = last().signature?.verify(secret(KEYS.accessKeySecret)) ?? assert.fail('unsigned');
    assert.equal(last().action, 'GetSecretValue');
    assert.deepEqual([verified.get('SecretName'), verified.get('FetchExtendedConfig')], ['db', 'true']);
    assert.equal(verified.has('Absent'), false);
  });

  test('an answer without RequestId is none', async () => {
    server.play(answer(200, {}));
    await assert.rejects(kms().call('GetSecretValue'), { name: 'UnexpectedAnswer', message: /RequestId/ });
  });
});

describe('what the client makes of answers', () => {
  const regions = { Regions: { Region: [{ RegionId: 'cn-hangzhou' }] }, RequestId: 'r' };

  test('keeps members it does not know', async () => {
    const newer = { ...regions, Later: { than: 'this' } };
    server.play(answer(200, newer));
    assert.deepEqual(await kms().DescribeRegions(), newer);
  });

  test('a refusal becomes a KmsError, with a hint where one is known', async () => {
    server.play(refuse(409, 'Rejected.Disabled'));
    const expected = {
      name: 'KmsError',
      code: 'Rejected.Disabled',
      status: 409,
      message: 'm',
      requestId: 'r',
    };
    await assert.rejects(kms().CreateKey(), { ...expected, hint: /EnableKey/ });
  });

  test('a refusal with a code it does not know, and its id in the header only', async () => {
    server.play(answer(400, { Code: 'constructor', Message: 'm' }, { 'x-acs-request-id': 'h' }));
    await assert.rejects(kms().CreateKey(), { code: 'constructor', requestId: 'h', hint: undefined });
  });

  test('a refusal that tells which policy decided', async () => {
    const AccessDeniedDetail = { AuthAction: 'ram:GetUser', PolicyType: 'SessionPolicy' };
    server.play(answer(403, { Code: 'NoPermission', Message: 'm', RequestId: 'r', AccessDeniedDetail }));
    const ram = createRamClient({ endpoint: server.url, credentials: KEYS });
    await assert.rejects(ram.GetUser({ UserName: 'me' }), { accessDeniedDetail: AccessDeniedDetail });
    assert.equal(server.received.length, 1);
  });

  for (const [what, status, body] of [
    ['a page of HTML', 404, '<html>Not Found</html>'],
    ['JSON of another server', 404, { error: 'no such route' }],
    ['an answer without its members', 200, { RequestId: 'r' }],
    ['an answer without RequestId', 200, { Regions: regions.Regions }],
    ['a member of the wrong type', 200, { ...regions, Regions: { Region: 'cn-hangzhou' } }],
    ['an answer that is no object', 200, 'null'],
    ['an answer with a status of failure', 500, regions],
    ['a redirect', 307, ''],
  ] as const) {
    test(`${what} is an UnexpectedAnswer that names the endpoint`, async () => {
      server.play(answer(status, body, { location: 'http://127.0.0.1:1/' }));
      await assert.rejects(kms().DescribeRegions(), {
        name: 'UnexpectedAnswer',
        message: /^http:\/\/127\.0\.0\.1:\d+ answered/,
        status,
      });
    });
  }

  test('an answer that never ends is given up', async () => {
    server.play((response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024, ' ')));
      };
      response.on('drain', more);
      more();
    });
    await assert.rejects(kms().DescribeRegions(), { name: 'UnexpectedAnswer', message: /16 MiB/ });
  });
});

describe('when no answer comes', () => {
  const unreachable = (message: RegExp) => ({ name: 'KmsUnreachable', message });
  const others: Server[] = [];
  after(() => {
    for (const other of others) other.close();
  });
  async function urlOf(other: Server): Promise<string> {
    others.push(other);
    return `http://127.0.0.1:${await listen(other)}`;
  }

  test('nobody listens', async () => {
    const endpoint = await unusedUrl();
    await assert.rejects(
      kms({ endpoint }).DescribeRegions(),
      unreachable(/^http.*refused.*is the server running/),
    );
  });

  test('the connection is closed', async () => {
    const endpoint = await urlOf(createTcpServer((socket) => socket.end()));
    await assert.rejects(kms({ endpoint }).DescribeRegions(), unreachable(/closed the connection/));
  });

  test('https is tried on a plain server', async () => {
    server.play(stall);
    const endpoint = server.url.replace('http:', 'https:');
    await assert.rejects(kms({ endpoint }).DescribeRegions(), unreachable(/does not speak TLS: say http:/));
  });

  test('the server is too slow', async () => {
    server.play(stall);
    await assert.rejects(
      kms({ attemptTimeoutMs: 50 }).DescribeRegions(),
      unreachable(/did not answer within 0\.05 s/),
    );
  });

  test('the server stops in the middle', async () => {
    server.play((response) => {
      response.writeHead(200);
      response.write('{');
    });
    await assert.rejects(
      kms({ attemptTimeoutMs: 50 }).DescribeRegions(),
      unreachable(/did not answer within 0\.05 s/),
    );
  });
});

describe('where calls go', () => {
  test('an endpoint that is none is refused at once', () => {
    for (const endpoint of [
      '127.0.0.1:8300',
      'ftp://h',
      'http://h/path',
      'http://user@h',
      'http://h#f',
      '',
      [],
    ]) {
      assert.throws(() => kms({ endpoint }), TypeError, String(endpoint));
    }
  });

  test('an endpoint with a password is refused, and the password not quoted', () => {
    for (const endpoint of ['https://user:word@h', 'https://:word@h', 'user:word@h:443']) {
      assert.throws(
        () => kms({ endpoint }),
        (error) => error instanceof TypeError && !error.message.includes('word@'),
      );
    }
  });

  test('without an endpoint, to the host of the product at the vendor', async () => {
    const urls: string[] = [];
    const fetch = async (url: string, { headers }: FetchRequest) => {
      urls.push(`${url} ${headers['x-acs-version']}`);
      throw new Error('offline');
    };
    const options = { region: 'eu-central-1', credentials: KEYS, fetch, attempts: 1 };
    const { region: _, ...nowhere } = options;
    for (const call of [
      () => createKmsClient(options).ListKeys(),
      () => createRamClient(nowhere).ListUsers(),
      () => createStsClient(options).GetCallerIdentity(),
      () => createStsClient(nowhere).GetCallerIdentity(),
      () => createActionTrailClient(options).LookupEvents(),
    ]) {
      await assert.rejects(call(), { name: 'KmsUnreachable' });
    }
    assert.deepEqual(urls, [
      'https://kms.eu-central-1.aliyuncs.com/ 2016-01-20',
      'https://ram.aliyuncs.com/ 2015-05-01',
      'https://sts.eu-central-1.aliyuncs.com/ 2015-04-01',
      'https://sts.aliyuncs.com/ 2015-04-01',
      'https://actiontrail.eu-central-1.aliyuncs.com/ 2020-07-06',
    ]);
    assert.throws(() => createKmsClient(nowhere), /give an endpoint, or a region/);
  });

  test('a region cannot lead to another host', () => {
    for (const region of ['evil.example/', 'a.evil', '@evil', '']) {
      assert.throws(() => createKmsClient({ region, credentials: KEYS }), TypeError, region);
    }
  });
});
