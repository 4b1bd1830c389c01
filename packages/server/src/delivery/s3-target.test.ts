import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { S3Target } from './s3-target.ts';
import { type FailureReason, TargetFailure } from './target.ts';

interface Seen {
  readonly request: IncomingMessage;
  readonly body: Buffer;
}

const seen: Seen[] = [];
let answer: { readonly status: number; readonly code: string };
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  seen.push({ request, body: Buffer.concat(chunks) });
  const error = `<?xml version="1.0"?><Error><Code>${answer.code}</Code><Message>no</Message></Error>`;
  response.writeHead(answer.status).end(answer.status === 200 ? '' : error);
});
let target: S3Target;
before(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'an-id', AWS_SECRET_ACCESS_KEY: 'a-secret' });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  target = new S3Target({
    kind: 's3',
    bucket: 'audit',
    endpoint,
    region: 'cn-hangzhou',
    style: 'path',
    profile: undefined,
  });
});
after(() => server.close().closeAllConnections());

test('an object is put signed, with its checksum, in one request that every store knows', async () => {
  answer = { status: 200, code: '' };
  seen.length = 0;
  const bytes = Buffer.from('bytes');
  await target.put('a/b_1.gz', bytes);
  await target.check();
  const [put, head] = seen;
  assert.deepEqual([put?.request.method, put?.request.url?.split('?')[0]], ['PUT', '/audit/a/b_1.gz']);
  assert.ok(put?.body.equals(bytes));
  const { headers } = put?.request ?? assert.fail();
  assert.equal(headers['content-md5'], hash('md5', bytes, 'base64'));
  assert.equal(headers['content-encoding'], undefined);
  assert.match(headers.authorization ?? '', /^AWS4-HMAC-SHA256 Credential=an-id\/\d{8}\/cn-hangzhou\/s3\//);
  assert.deepEqual(
    Object.keys(headers).filter((name) => /x-amz-(checksum|sdk-checksum|trailer)/.test(name)),
    [],
  );
  assert.deepEqual([head?.request.method, head?.request.url], ['HEAD', '/audit/']);
});

test('what a store answers is told apart, without a secret', async () => {
  const answers: readonly (readonly [status: number, code: string, reason: FailureReason])[] = [
    [404, 'NoSuchBucket', 'missing'],
    [403, 'AccessDenied', 'denied'],
    [403, 'SignatureDoesNotMatch', 'denied'],
    [507, 'XMinioStorageFull', 'full'],
    [400, 'QuotaExceeded', 'full'],
    [301, 'PermanentRedirect', 'away'],
    [400, 'SomethingElse', 'away'],
  ];
  for (const [status, code, reason] of answers) {
    answer = { status, code };
    const told = (error: unknown) =>
      error instanceof TargetFailure && error.reason === reason && !/a-secret|an-id/.test(error.message);
    await assert.rejects(target.put('a.gz', Buffer.from('x')), told, code);
    if (status === 404 || status === 403) await assert.rejects(target.check(), told, code);
  }
});

test('one that is not there is away', async () => {
  const gone = new S3Target({
    kind: 's3',
    bucket: 'audit',
    endpoint: 'http://127.0.0.1:9',
    region: 'us-east-1',
    style: 'path',
    profile: undefined,
  });
  const away = (error: unknown) => error instanceof TargetFailure && error.reason === 'away';
  await assert.rejects(gone.put('a.gz', Buffer.from('x')), away);
  await assert.rejects(gone.check(), away);
});
