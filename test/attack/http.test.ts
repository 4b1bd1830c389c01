import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { ROOT, signedTarget, startTestServer, type TestServer } from '../server.ts';
import { assertRefusal, exchange, open } from './raw-http.ts';

const HOST = 'Host: kms.example.com\r\n';
const MEBIBYTE = 1 << 20;

suite('HTTP that no client sends', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server[Symbol.asyncDispose]());

  const target = () => signedTarget('DescribeRegions', {}, ROOT);

  for (const [what, head, body = ''] of [
    ['no length', `POST {} HTTP/1.1\r\n${HOST}\r\n`],
    ['no host', 'POST {} HTTP/1.1\r\n\r\n'],
    ['HTTP/1.0', 'POST {} HTTP/1.0\r\n\r\n'],
    ['an empty chunked body', `POST {} HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a whole URL as target', `POST http://kms.example.com{} HTTP/1.1\r\n${HOST}\r\n`],
    ['empty lines before it', `\r\n\r\nPOST {} HTTP/1.1\r\n${HOST}\r\n`],
    ['100-continue', `POST {} HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`, 'ab'],
    ['another expectation', `POST {} HTTP/1.1\r\n${HOST}Expect: wonders\r\nContent-Length: 2\r\n\r\n`, 'ab'],
  ] as const) {
    test(`a signed call with ${what} is answered`, async () => {
      for (const end of [false, true]) {
        const answer = await exchange(server.url, [head.replace('{}', target()), body], { end });
        assert.equal(answer?.status, 200, end ? 'half closed' : 'open');
      }
    });
  }

  const post = <T extends string | Uint8Array = string>(headers: string, body?: T): (string | T)[] => [
    `POST / HTTP/1.1\r\n${HOST}${headers}\r\n\r\n`,
    ...(body === undefined ? [] : [body]),
  ];
  const large = new Uint8Array(10 * MEBIBYTE + 1);
  const refused: readonly (readonly [string, string, readonly (string | Uint8Array)[]])[] = [
    ['a body over the limit', 'RequestTooLarge', post(`Content-Length: ${large.length}`, large)],
    ['the announcement of such a body', 'RequestTooLarge', post(`Content-Length: ${large.length}`)],
    [
      'such a body in chunks',
      'RequestTooLarge',
      [...post('Transfer-Encoding: chunked', `${large.length.toString(16)}\r\n`), large, '\r\n0\r\n\r\n'],
    ],
    [
      'a form over the limit',
      'RequestTooLarge',
      post(
        `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${MEBIBYTE}`,
        large.subarray(0, MEBIBYTE),
      ),
    ],
    ['a header over the limit', 'RequestTooLarge', post(`X: ${'x'.repeat(MEBIBYTE / 2)}`)],
    ['a target over the limit', 'RequestTooLarge', [`GET /?x=${'x'.repeat(MEBIBYTE / 2)} HTTP/1.1\r\n`]],
    ['too many headers', 'RequestTooLarge', post('X: 1\r\n'.repeat(3000).trimEnd())],
    ['two lengths', '', post('Content-Length: 3\r\nContent-Length: 4', 'abcd')],
    ['a negative length', '', post('Content-Length: -3', 'abcd')],
    ['an endless length', '', post('Content-Length: 99999999999999999999', 'abcd')],
    ['a length and chunks', '', post('Content-Length: 3\r\nTransfer-Encoding: chunked', '0\r\n\r\n')],
    ['an encoding that is not chunked', '', post('Transfer-Encoding: gzip', 'abcd')],
    ['a chunk without a size', '', post('Transfer-Encoding: chunked', 'zz\r\n\r\n')],
    ['a long chunk extension', '', post('Transfer-Encoding: chunked', `1;${'e'.repeat(30_000)}\r\n`)],
    ['a space in a header name', '', post('X Y: 1')],
    ['a null byte in a header', '', post('X: a\0b')],
    ['a folded header', '', post('X: a\r\n b')],
    ['bare line feeds', '', ['POST / HTTP/1.1\nHost: k\n\n']],
    ['HTTP/2', '', ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']],
    ['TLS on the plain port', '', [Buffer.from('16030100f1010000ed0303', 'hex'), new Uint8Array(300)]],
    ['a media type of nonsense', '', post('Content-Type: ;;;\r\nContent-Length: 2', 'ab')],
    ['a question to become a WebSocket', 'MissingVersion', post('Connection: Upgrade\r\nUpgrade: websocket')],
    ['nothing at all', 'MissingVersion', post('Content-Length: 0')],
  ];
  for (const [what, code, parts] of refused) {
    test(`${what} is refused`, async () => {
      const given = assertRefusal(await exchange(server.url, parts), what);
      assert.equal(given, code || 'ParseRequestParameterException');
    });
  }

  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
    test(`${method} is refused`, async () => {
      const headers = `${HOST}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`;
      const answer = await exchange(server.url, [`${method} / HTTP/1.1\r\n${headers}`]);
      assert.equal(assertRefusal(answer, method), 'UnsupportedHTTPMethod');
      assert.equal(answer?.status, 403);
    });
  }

  for (const path of [
    '/x',
    '//',
    '/../etc/passwd',
    '/%00',
    '/%zz',
    '*',
    'ftp://x/',
    '/;x',
    '/#',
    '/%2e',
    '/%?',
  ]) {
    test(`the path ${path} is refused, in XML where asked for`, async () => {
      assertRefusal(await exchange(server.url, [`POST ${path} HTTP/1.1\r\n${HOST}\r\n`]), path);
      const asXml = await exchange(server.url, [`POST ${path}?Format=XML HTTP/1.1\r\n${HOST}\r\n`]);
      assertRefusal(asXml, path);
      assert.ok(asXml?.headers.includes('text/xml'), path);
    });
  }

  test('a connection that ends in the middle is answered or closed', async () => {
    for (const part of ['', 'POST', `POST / HTTP/1.1\r\n${HOST}`, ...post('Content-Length: 9', 'abc')]) {
      const answer = await exchange(server.url, [part], { end: true });
      if (answer) assertRefusal(answer, part);
    }
  });

  test('any bytes get a refusal or a closed connection', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .string({ unit: 'binary', maxLength: 200 })
        .map((text) => Buffer.from(`GET /${text} HTTP/1.1\r\n\r\n`)),
      fc
        .string({ unit: 'binary', maxLength: 200 })
        .map((text) => Buffer.from(`POST / HTTP/1.1\r\n${text}\r\n\r\n`)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (sent) => {
        const answer = await exchange(server.url, [sent], { end: true });
        if (answer) assertRefusal(answer, Buffer.from(sent).toString('latin1'));
      }),
      { numRuns: 150 },
    );
    assert.equal((await server.call('DescribeRegions')).status, 200);
  });

  test('slow clients hold up neither others nor the shutdown', async () => {
    const slow = await Promise.all(Array.from({ length: 100 }, () => open(server.url)));
    for (const [index, socket] of slow.entries()) {
      socket.on('error', () => undefined);
      socket.write(index % 2 ? `POST / HTTP/1.1\r\n${HOST}X: ` : post('Content-Length: 9', 'abc').join(''));
    }
    assert.equal((await server.call('DescribeRegions')).status, 200);
    await server.restart();
    for (const socket of slow) socket.destroy();
    assert.equal((await server.call('DescribeRegions')).status, 200);
  });
});
