import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ACCOUNT, type Credentials, ROOT, startTestServer } from '../server.ts';

const run = promisify(execFile);
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The commands of docs/access.md, in their order, in one shell; what each block printed. */
async function runPage(environment: Record<string, string>): Promise<string> {
  const page = await readFile(path('../../docs/access.md'), 'utf8');
  const blocks = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block);
  assert.ok(blocks.length >= 3);
  const script = `set -euo pipefail\nkeyhold() { "${process.execPath}" "${path('../../packages/cli/bin/keyhold.js')}" "$@"; }\n`;
  const env = { ...process.env, ...environment, PATH: `${process.env.PATH ?? ''}${delimiter}/usr/bin` };
  const { stdout } = await run('bash', ['-c', script + blocks.join('\n')], { env });
  return stdout;
}

test('the commands of the page give a user the right to decrypt with one key, and nothing else', async () => {
  await using server = await startTestServer();
  const KEY: string = (await server.call('CreateKey')).body.KeyMetadata.KeyId;
  const other: string = (await server.call('CreateKey')).body.KeyMetadata.KeyId;
  const printed = await runPage({
    KEY,
    ACCOUNT,
    KEYHOLD_ENDPOINT: server.url,
    ALIBABA_CLOUD_ACCESS_KEY_ID: ROOT.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: ROOT.accessKeySecret,
  });
  assert.match(printed, /^allowed: user\/orders kms:Decrypt/m);
  assert.match(printed, /^denied: nothing allows it: user\/orders kms:Encrypt/m);

  const line = printed.split('\n').find((text) => text.includes('AccessKeySecret')) ?? assert.fail(printed);
  const { AccessKeyId, AccessKeySecret } = JSON.parse(line).AccessKey;
  const orders: Credentials = { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret };
  const encrypted = async (KeyId: string) =>
    (await server.call('Encrypt', { KeyId, Plaintext: 'x' })).body.CiphertextBlob;
  const decrypt = async (KeyId: string) =>
    (await server.call('Decrypt', { CiphertextBlob: await encrypted(KeyId) }, orders)).status;
  assert.deepEqual([await decrypt(KEY), await decrypt(other)], [200, 403]);
  assert.equal((await server.call('Encrypt', { KeyId: KEY, Plaintext: 'x' }, orders)).status, 403);
  const session = { RoleArn: `acs:ram::${ACCOUNT}:role/batch`, RoleSessionName: 'page' };
  assert.equal((await server.sts('AssumeRole', session, orders)).status, 200);
});
