import assert from 'node:assert/strict';
import { execFile as execFileWithCallback } from 'node:child_process';
import { mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { KEYHOLD, keyhold, type ServerProcess, serveProcess, startNode } from './test-kit/cli-process.ts';

const execFile = promisify(execFileWithCallback);

let server: ServerProcess;
before(async () => {
  server = await serveProcess();
});
after(() => server[Symbol.asyncDispose]());

const call = (args: readonly string[], stdin?: string) =>
  keyhold(['call', ...args], server.environment, stdin);

/** The answer of a call that is to succeed. */
async function answerOf(args: readonly string[], stdin?: string) {
  const { exitCode, stdout, stderr } = await call(args, stdin);
  assert.equal(exitCode, 0, stderr);
  return JSON.parse(stdout);
}

describe('keyhold call', () => {
  test('prints one line of JSON, and says whose credentials it used', async () => {
    const { exitCode, stdout, stderr } = await call(['DescribeRegions']);
    assert.match(stdout, /^\{.*"RequestId":"[0-9A-F-]{36}".*\}\n$/);
    assert.equal(stderr, `using the root access key in ${server.dataDir}/root-access-key.json\n`);
    assert.equal(exitCode, 0);
  });

  test('--query prints one part of the answer: a text as it is, other things as JSON', async () => {
    const id = await call(['CreateKey', '--query', 'KeyMetadata.KeyId']);
    assert.match(id.stdout, /^[0-9a-f-]{36}\n$/);
    const KeyId = id.stdout.trim();
    const spec = await call(['DescribeKey', '--KeyId', KeyId, '--query', 'KeyMetadata.KeySpec']);
    assert.equal(spec.stdout, 'Aliyun_AES_256\n');
    const first = await call(['ListKeyVersions', '--KeyId', KeyId, '--query', 'KeyVersions.KeyVersion.0']);
    assert.equal(JSON.parse(first.stdout).KeyId, KeyId);
    const plaintext = 'tab\there\n';
    const encrypt = ['Encrypt', '--KeyId', KeyId, '--Plaintext-file', '-', '--query', 'CiphertextBlob'];
    const { stdout: blob } = await call(encrypt, plaintext);
    const decrypted = await call(['Decrypt', '--CiphertextBlob-file', '-', '--query', 'Plaintext'], blob);
    assert.equal(decrypted.stdout, `${plaintext}\n`);
    const keys = Number((await call(['ListKeys', '--query', 'TotalCount'])).stdout);
    assert.equal((await call(['CreateKey', '--query', 'KeyMetadata.KeyID'])).exitCode, 2);
    assert.equal(
      Number((await call(['ListKeys', '--query', 'TotalCount'])).stdout),
      keys,
      'nothing was made',
    );
  });

  test('a text from stdin comes back unchanged, line ends included', async () => {
    const { KeyMetadata } = await answerOf(['CreateKey', '--Tags', '[{"TagKey":"k","TagValue":"v"}]']);
    const pem = '-----BEGIN X-----\nAAAA\r\nBBBB\n-----END X-----\n\n';
    const context = ['--EncryptionContext', '{"order":"7"}'];
    const encrypt = ['Encrypt', '--KeyId', KeyMetadata.KeyId, '--Plaintext-file', '-', ...context];
    const { CiphertextBlob } = await answerOf(encrypt, pem);
    const decrypted = await answerOf(
      ['Decrypt', '--CiphertextBlob-file', '-', ...context],
      `${CiphertextBlob}\n`,
    );
    assert.equal(decrypted.Plaintext, pem);
  });

  test('a refusal: 1, code, status, a request id that the trail knows, and what to do', async () => {
    const { KeyMetadata } = await answerOf(['CreateKey']);
    await answerOf(['DisableKey', '--KeyId', KeyMetadata.KeyId]);
    const refused = await call(['GenerateDataKey', '--KeyId', KeyMetadata.KeyId]);
    assert.equal(refused.exitCode, 1);
    assert.equal(refused.stdout, '');
    assert.match(
      refused.stderr,
      /^error: Rejected\.Disabled \(409\): .*\n {2}request id [0-9A-F-]{36}\n {2}try: .*EnableKey/m,
    );
    const requestId = /request id (\S+)/.exec(refused.stderr)?.[1];
    const shown = await keyhold(['trail', 'show', '--json', '--last', '1'], server.environment);
    const { action, errorCode, requestId: recorded } = JSON.parse(shown.stdout);
    assert.deepEqual(
      { action, errorCode, recorded },
      { action: 'GenerateDataKey', errorCode: 'Rejected.Disabled', recorded: requestId },
    );
  });

  test('a wrong secret: 1, and the secret is not repeated', async () => {
    const { AccessKeyId } = JSON.parse(await readFile(join(server.dataDir, 'root-access-key.json'), 'utf8'));
    const wrong = {
      ALIBABA_CLOUD_ACCESS_KEY_ID: AccessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'wrong-secret',
    };
    const { exitCode, stderr } = await keyhold(['call', 'ListKeys'], { ...server.environment, ...wrong });
    assert.match(stderr, /^error: SignatureDoesNotMatch \(400\)/);
    assert.doesNotMatch(stderr, /wrong-secret/);
    assert.equal(exitCode, 1);
  });
});

test('a second server on the data directory is refused with a clear line', async () => {
  const settings = { KEYHOLD_DATA_DIR: server.dataDir, KEYHOLD_LISTEN: '127.0.0.1:0' };
  const { exitCode, stderr } = await keyhold(['serve'], settings);
  assert.match(stderr, /^error: .*in use by another server/);
  assert.equal(exitCode, 1);
});

test('a second server on the port is refused with a clear line', async () => {
  const settings = {
    KEYHOLD_DATA_DIR: join(server.dataDir, 'second'),
    KEYHOLD_LISTEN: new URL(server.endpoint).host,
  };
  const { exitCode, stderr } = await keyhold(['serve'], settings);
  assert.match(stderr, /^error: KEYHOLD_LISTEN: .*port \d+.*EADDRINUSE\)?\n$/);
  assert.equal(exitCode, 1);
});

test('a setting that is none is told of', async () => {
  const settings = { KEYHOLD_DATA_DIR: server.dataDir, KEYHOLD_LISTEN: '127.0.0.1:0', KEYHOLD_LOGLEVEL: 'x' };
  assert.match((await keyhold(['serve'], settings)).stderr, /^warning: KEYHOLD_LOGLEVEL is no setting/);
});

test('a new account works on the running server within moments', async () => {
  const created = await keyhold(
    ['account', 'create', '--name', 'Apollo', '--account-id', '1234567890123456'],
    server.environment,
  );
  assert.equal(created.exitCode, 0, created.stderr);
  const { AccountId, AccessKeyId, AccessKeySecret } = JSON.parse(created.stdout);
  assert.equal(AccountId, '1234567890123456');
  const credentials = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: AccessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: AccessKeySecret,
  };
  await delay(1000); // what the server promises at most
  const { exitCode, stdout, stderr } = await keyhold(['call', 'ListKeys'], {
    ...server.environment,
    ...credentials,
  });
  assert.equal(exitCode, 0, stderr);
  assert.equal(JSON.parse(stdout).TotalCount, 0);

  const again = await keyhold(['account', 'create', '--account-id', AccountId], server.environment);
  assert.match(again.stderr, /^error: the account 1234567890123456 .*exists already/);
  assert.equal(again.exitCode, 1);
});

describe('keyhold trail', () => {
  const trail = (args: readonly string[]) => keyhold(['trail', ...args], server.environment);

  test('shows what happened, a line each, newest last', async () => {
    await answerOf(['ListKeys']);
    const { exitCode, stdout } = await trail(['show', '--last', '3']);
    const lines = stdout.trimEnd().split('\n');
    assert.match(lines[2] ?? '', /^\d{4}-\d\d-\d\dT\S+Z {2}ListKeys +ok +LTAI\w+ {2}[0-9A-F-]{36} {2}key$/);
    assert.deepEqual([exitCode, lines.length], [0, 3]);
  });

  test('ends quietly when its reader does', async () => {
    const pipeline = ['-c', '"$1" "$2" trail show | true', 'sh', process.execPath, KEYHOLD];
    const { stderr } = await execFile('sh', pipeline, { env: { ...process.env, ...server.environment } });
    assert.equal(stderr, '');
  });

  test('verify: whole while the server runs', async () => {
    const { exitCode, stdout } = await trail(['verify']);
    assert.match(stdout, /is whole: \d+ lines in 1 files/);
    assert.match(stdout, /agrees with what the database remembers/);
    assert.equal(exitCode, 0);
  });

  test('accept-break is refused while the server runs', async () => {
    const { exitCode, stderr } = await trail(['accept-break', '--reason', 'r']);
    assert.match(stderr, /^error: .*in use by another server/);
    assert.equal(exitCode, 1);
  });
});

test('verify: a directory without a trail is not a whole one', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'keyhold-no-trail-'));
  const { exitCode, stderr } = await keyhold(['trail', 'verify', '--trail', directory.path]);
  assert.match(stderr, /^error: there is no trail in /);
  assert.equal(exitCode, 2);
});

test('a damaged trail: verify names file and line, serve refuses, accept-break goes on', async () => {
  await using own = await serveProcess();
  assert.equal(
    (await keyhold(['call', 'CreateKey', '--Description', 'the word'], own.environment)).exitCode,
    0,
  );
  own.process.child.kill('SIGINT');
  assert.equal((await own.process.ended).exitCode, 0);

  const directory = join(own.dataDir, 'trail');
  const [file = ''] = (await readdir(directory)).filter((name) => name.endsWith('.trail'));
  const path = join(directory, file);
  await writeFile(path, (await readFile(path, 'utf8')).replace('the word', 'the lord'));

  const verified = await keyhold(['trail', 'verify'], own.environment);
  assert.match(verified.stdout, /is DAMAGED/);
  assert.ok(verified.stdout.includes(file), verified.stdout);
  assert.equal(verified.exitCode, 1);
  const served = await keyhold(['serve'], { KEYHOLD_DATA_DIR: own.dataDir, KEYHOLD_LISTEN: '127.0.0.1:0' });
  assert.match(served.stderr, /^error: .*keyhold trail accept-break/);
  assert.equal(served.exitCode, 1);

  const accepted = await keyhold(['trail', 'accept-break', '--reason', 'a test edited it'], own.environment);
  assert.equal(accepted.exitCode, 0, accepted.stderr);
  const after = await keyhold(['trail', 'verify'], own.environment);
  assert.match(after.stdout, /Accepted damage after entry \d+: a test edited it/);
  assert.equal(after.exitCode, 0);
});

describe('under a runtime that cannot read TypeScript', () => {
  const OLDER = '--no-strip-types';

  test('the pinned one takes over, with arguments, output and exit code', async () => {
    const { exitCode, stderr } = await startNode([OLDER, KEYHOLD, 'call', 'Encrpt'], {}).ended;
    assert.match(stderr, /Did you mean Encrypt/);
    assert.equal(exitCode, 2);
  });

  test('a signal stops the server behind it, gracefully', async () => {
    await using own = await serveProcess([OLDER]);
    own.process.child.kill('SIGTERM');
    const { exitCode, stdout } = await own.process.ended;
    assert.match(stdout, /Keyhold has stopped\n$/);
    assert.equal(exitCode, 0);
  });
});
