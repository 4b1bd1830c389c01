import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { ROOT, startTestServer } from '../server.ts';
import { serve } from '../server-process.ts';
import type { RawAnswer } from './raw-http.ts';
import { post, type Signed, signAcs3, signRpc } from './signed.ts';

const codeOf = ({ body }: RawAnswer): string => JSON.parse(body).Code;

suite('a request that was seen before', () => {
  test('is refused, in either style, however often and whatever became of it', async () => {
    await using server = await startTestServer();
    const SignatureNonce = 'one nonce';
    const requests: readonly Signed[] = [
      signRpc('CreateKey', {}, ROOT),
      signAcs3('CreateKey', {}, ROOT),
      signRpc('DescribeKey', { KeyId: 'is not there' }, ROOT),
      signRpc('CreateKey', { SignatureNonce: '' }, ROOT), // then the signature itself counts
      signRpc('CreateKey', { SignatureNonce }, ROOT),
    ];
    for (const request of requests) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => post(server.url, request)));
      const used = answers.filter((answer) => codeOf(answer) === 'SignatureNonceUsed');
      assert.equal(used.length, 7, request.target);
    }
    assert.equal((await server.call('ListKeys')).body.TotalCount, 4);
    const sameNonce = await post(server.url, signAcs3('CreateKey', {}, ROOT, SignatureNonce));
    assert.equal(codeOf(sameNonce), 'SignatureNonceUsed', 'the other style');

    await server.restart();
    for (const request of requests) {
      assert.equal(codeOf(await post(server.url, request)), 'SignatureNonceUsed', 'after a restart');
    }
  });

  test('is refused after the clock was set back, too', async () => {
    const minute = 60_000;
    let ahead = 4 * minute;
    await using server = await startTestServer({}, () => Date.now() + ahead);
    const Timestamp = new Date(Date.now() - 10 * minute).toISOString();
    const request = signRpc('CreateKey', { Timestamp }, ROOT);
    assert.equal((await post(server.url, request)).status, 200);
    ahead = 7 * minute;
    assert.equal((await server.call('ListKeys')).body.TotalCount, 1);
    ahead = 0;
    for (let i = 0; i < 3; i++) {
      assert.equal(codeOf(await post(server.url, request)), 'InvalidTimeStamp.Expired');
    }
    assert.equal((await server.call('ListKeys')).body.TotalCount, 1);
  });

  test('is refused after kill -9, too', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'keyhold-replay-'));
    try {
      const requests = [signRpc('CreateKey', {}, ROOT), signAcs3('ListKeys', {}, ROOT)];
      await using first = await serve(dataDir);
      for (const request of requests) assert.equal((await post(first.url, request)).status, 200);
      await first.end('SIGKILL');
      await using second = await serve(dataDir);
      for (const request of requests) {
        assert.equal(codeOf(await post(second.url, request)), 'SignatureNonceUsed');
      }
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });

  test('is refused by a server whose memory for nonces is full, and so is every other', async () => {
    await using server = await startTestServer({ KEYHOLD_REPLAY_CAPACITY: '5' });
    const request = signRpc('CreateKey', {}, ROOT);
    await post(server.url, request);
    for (let call = 2; call <= 5; call++) assert.equal((await server.call('ListKeys')).status, 200);
    const refused = await server.call('ListKeys');
    assert.deepEqual([refused.status, refused.body.Code], [429, 'Rejected.Throttling']);
    assert.match(refused.headers.get('x-acs-retry-after') ?? '', /^[1-9]\d*$/);
    assert.equal(codeOf(await post(server.url, request)), 'SignatureNonceUsed');
    const stranger = { accessKeyId: ROOT.accessKeyId, accessKeySecret: 'not the secret' };
    assert.equal((await server.call('ListKeys', {}, stranger)).body.Code, 'SignatureDoesNotMatch');
  });

  test('a stranger cannot use up a nonce', async () => {
    await using server = await startTestServer();
    const SignatureNonce = 'known to the stranger';
    const stranger = { accessKeyId: ROOT.accessKeyId, accessKeySecret: 'not the secret' };
    assert.equal((await server.call('ListKeys', { SignatureNonce }, stranger)).status, 400);
    assert.equal((await server.call('ListKeys', { SignatureNonce })).status, 200);
  });
});
