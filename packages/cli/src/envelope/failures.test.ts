import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { truncateSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { ALIAS, BACKUP, content, sealedBy, twoRegions } from '../test-kit/two-regions.ts';

const kms = await twoRegions();
after(() => kms[Symbol.asyncDispose]());
const { run, place } = kms;
const ANY = '--allow-any-key';

describe('what failed, and what to do', { concurrency: 4, timeout: 60_000 }, () => {
  test('--json tells it of a single file too, with code, exit code and request id', async () => {
    const { file, at, write } = await sealedBy(kms, content(10), '--context', 'a=1', '--no-store-context');
    const failing = async (...args: string[]) => {
      const { exitCode, stdout } = await run(['decrypt', ...args, '--json']);
      const { decrypted, failed } = JSON.parse(stdout);
      assert.deepEqual([decrypted, failed.length, failed[0].exitCode], [[], 1, exitCode]);
      return failed[0];
    };
    const to = ['-o', at('back')];
    const damaged = await failing(write('other', 'hello'), ...to);
    assert.deepEqual([damaged.from, damaged.code, damaged.exitCode], [at('other'), 'NotAnEnvelope', 4]);
    const unlisted = await failing(file, ...to, '--context', 'a=1');
    assert.deepEqual([unlisted.code, unlisted.exitCode], ['NoUsableRecipient', 2]);
    assert.equal(unlisted.requestId, undefined);
    const refused = await failing(file, ...to, ANY, '--context', 'a=2');
    assert.match(refused.requestId, /^[0-9A-F-]{36}$/);
    assert.match(refused.error, /request id/);
    const gone = ['--endpoint', 'http://127.0.0.1:9', '--allow', kms.work];
    assert.equal((await failing(file, ...to, ...gone, '--context', 'a=1')).exitCode, 3);
  });

  test('another context than that of a file that does not store it', async () => {
    const { file, at } = await sealedBy(kms, content(10), '--context', 'a=1', '--no-store-context');
    const { exitCode, stderr } = await run(['decrypt', file, '-o', at('back'), ANY, '--context', 'a=2']);
    assert.match(
      stderr,
      /"CiphertextBlob"(?:.|\n)*\n {2}try: is --context the one it was encrypted with\?\n$/,
    );
    assert.equal(exitCode, 1);
  });

  test('a sample file under a key that is not allowed, or where none is: 2', async () => {
    const here = place();
    here.write('plain', 'x');
    await run(['encrypt', here.at('plain'), '--format', 'sample', '--key', ALIAS]);
    const decrypt = (...flags: string[]) =>
      run(['decrypt', here.at('plain.sample'), '-o', here.at('back'), ...flags]);
    const { KeyId } = (await kms.server.call('CreateKey')).body.KeyMetadata;
    const other = await decrypt('--allow', KeyId);
    const work = kms.work.split('/').at(-1);
    assert.match(
      other.stderr,
      new RegExp(`${work}: it is not on the list.*\n {2}try: --allow ${work}, if you`),
    );
    const none = await decrypt();
    assert.match(none.stderr, /no key may be used.*\n {2}try: --allow KEY for a key that you trust\n$/);
    assert.deepEqual([other.exitCode, none.exitCode], [2, 2]);
  });

  test('more than a format holds: 2, and the one that holds it', async () => {
    const here = place();
    truncateSync(here.write('large', ''), 2 ** 31);
    for (const format of ['sample', 'sdk']) {
      const { exitCode, stderr } = await run([
        'encrypt',
        here.at('large'),
        '--key',
        ALIAS,
        '--format',
        format,
      ]);
      assert.match(stderr, /at most .*\n {2}try: --format kenv\n$/);
      assert.equal(exitCode, 2);
    }
  });

  test('what would leave nobody who can open a file', async () => {
    const { file } = await sealedBy(kms, content(10));
    const { exitCode, stderr } = await run(['rewrap', file, '--remove-key', ALIAS, '--allow', ALIAS]);
    assert.match(stderr, /this would leave nobody who can open it\n$/);
    assert.equal(exitCode, 2);
  });

  test('a recovery key for a file that has none', async () => {
    const { file, at, write } = await sealedBy(kms, content(10), '--key', BACKUP);
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const key = ['--recovery-key', write('private.pem', privateKey)];
    const { exitCode, stderr } = await run(['decrypt', file, '-o', at('back'), ...key]);
    assert.match(stderr, /^ {2}the recovery key: the file has no recovery key$/m);
    assert.equal(exitCode, 2);
  });

  test('an output that cannot be made: the directory is named', async () => {
    const { file } = await sealedBy(kms, content(10));
    const { exitCode, stderr } = await run(['decrypt', file, '-o', '/sys/x', ANY]);
    assert.match(stderr, /^error: cannot write in \/sys \((read-only|not permitted)\)\n$/);
    assert.equal(exitCode, 1);
  });

  test('an alias that is not there: how to make it', async () => {
    const here = place();
    here.write('plain', 'x');
    const { stderr } = await run(['encrypt', here.at('plain'), '--key', 'alias/None']);
    assert.match(stderr, /make one: keyhold call CreateKey, then keyhold call CreateAlias\n$/);
  });
});
