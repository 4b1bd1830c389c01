import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { keyhold, type ServerProcess, serveProcess } from './test-kit/cli-process.ts';

let server: ServerProcess;
let directory: string;
before(async () => {
  server = await serveProcess();
  directory = await mkdtemp(join(tmpdir(), 'keyhold-import-'));
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const call = async (...words: string[]) => {
  const { stdout, stderr } = await keyhold(['call', ...words], server.environment);
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout);
};
const importKey = (...words: string[]) => keyhold(['import-key', ...words], server.environment);
const externalKey = async (...words: string[]): Promise<string> =>
  (await call('CreateKey', '--Origin', 'EXTERNAL', ...words)).KeyMetadata.KeyId;
async function file(name: string, content: Uint8Array | string, mode = 0o600): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content, { mode });
  await chmod(path, mode);
  return path;
}

test('one command gives a key its material, by its alias too, and says what comes of it', async () => {
  const key = await externalKey();
  await call('CreateAlias', '--KeyId', key, '--AliasName', 'alias/mine');
  const material = await file('material', randomBytes(32));
  const done = await importKey('--key', 'alias/mine', '--material-file', material);
  assert.deepEqual([done.exitCode, done.stderr.replace(/^using the root.*\n/, '')], [0, '']);
  assert.match(done.stdout, new RegExp(`^Key ${key} .* is Enabled; the material never expires\\.\nKeep `));
  const again = await importKey(
    ...['--key', key, '--material-file', material, '--expire', '2099-12-31'],
    ...['--wrapping-algorithm', 'RSAES_OAEP_SHA_1'],
  );
  assert.match(again.stdout, /expires at 2099-12-31T00:00:00Z/);
  const other = await file('other', randomBytes(32));
  const refused = await importKey('--key', key, '--material-file', other);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /error: InvalidKeyMaterial \(400\): .*took first/);
});

test('a file that others may read is pointed out', async () => {
  const open = await file('open', randomBytes(16), 0o644);
  const done = await importKey(
    '--key',
    await externalKey('--KeySpec', 'Aliyun_SM4'),
    '--material-file',
    open,
  );
  assert.equal(done.exitCode, 0, done.stderr);
  assert.match(done.stderr, /hint: others on this machine may read .*chmod 600/);
});

test('what cannot be material is said before anything is sent', async () => {
  const key = await externalKey();
  const bytes = randomBytes(32);
  const cases: readonly (readonly [content: Uint8Array | string, message: RegExp])[] = [
    [bytes.subarray(1), /31 bytes, but the key takes exactly 32 raw ones\n$/],
    [`${bytes.toString('base64')}\n`, /looks like Base64: decode it, with base64 -d/],
    [bytes.toString('hex'), /looks like hex/],
    [Buffer.concat([bytes, Buffer.from('\n')]), /line feed too many/],
    [Buffer.alloc(2_000_000), /1024 bytes/],
  ];
  for (const [content, message] of cases) {
    const { exitCode, stderr } = await importKey(
      '--key',
      key,
      '--material-file',
      await file('wrong', content),
    );
    assert.match(stderr, message);
    assert.equal(exitCode, 2);
  }
  const good = ['--material-file', await file('good', bytes)];
  const usage = async (message: RegExp, ...words: string[]) => {
    const { exitCode, stderr } = await importKey(...words);
    assert.match(stderr, message);
    assert.equal(exitCode, 2);
  };
  await usage(/no such file/, '--key', key, '--material-file', join(directory, 'none'));
  await usage(/--expire: a date in UTC/, '--key', key, ...good, '--expire', 'tomorrow');
  await usage(/--expire: 2020-01-01 is past/, '--key', key, ...good, '--expire', '2020-01-01');
  await usage(/RSAES_OAEP_SHA_256 or/, '--key', key, ...good, '--wrapping-algorithm', 'RSAES_PKCS1_V1_5');
  const ours = (await call('CreateKey')).KeyMetadata.KeyId;
  await usage(/only a key made with "keyhold call CreateKey --Origin EXTERNAL"/, '--key', ours, ...good);
});
