import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ROOT, startTestServer, type TestServer } from '../server.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const run = promisify(execFile);
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const EIGHT_DAYS_MS = 8 * 86_400_000;

const page = await readFile(path('../../docs/envelope.md'), 'utf8');
const [keys = '', ...blocks] = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block ?? '');

/** Commands of docs/envelope.md, in their order, in one shell; what they printed. */
async function runBlocks(script: string, directory: string, server: TestServer): Promise<string> {
  const prelude = `set -euo pipefail\nkeyhold() { "${process.execPath}" "${path('../../packages/cli/bin/keyhold.js')}" "$@"; }\n`;
  const env = {
    PATH: `${process.env.PATH ?? ''}${delimiter}/usr/bin`,
    HOME: directory,
    KEYHOLD_ENDPOINT: server.url,
    ALIBABA_CLOUD_ACCESS_KEY_ID: ROOT.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: ROOT.accessKeySecret,
  };
  return (await run('bash', ['-c', prelude + script], { env, cwd: directory })).stdout;
}

test('the commands of the page encrypt a folder for two regions, rotate, and re-wrap', async () => {
  assert.ok(blocks.length >= 9);
  await using directory = await temporaryDirectory();
  const at = (name: string): string => join(directory.path, name);
  await mkdir(at('reports/2026'), { recursive: true });
  await writeFile(at('reports/march.csv'), 'id,amount\n');
  await writeFile(at('reports/2026/large'), Buffer.alloc(300_000, 'x'));
  await writeFile(at('password.txt'), 'correct horse');

  // A version needs a key of some days: these are made a week ago, and the page goes on today.
  let ago = EIGHT_DAYS_MS;
  await using server = await startTestServer(
    { KEYHOLD_REGIONS: 'cn-hangzhou,cn-shanghai' },
    () => Date.now() - ago,
  );
  for (const [RegionId, AliasName] of [
    ['cn-hangzhou', 'alias/Apollo/WorkKey'],
    ['cn-shanghai', 'alias/Apollo/Backup'],
  ] as const) {
    const { KeyId } = (await server.call('CreateKey', { RegionId })).body.KeyMetadata;
    assert.equal((await server.call('CreateAlias', { RegionId, AliasName, KeyId })).status, 200);
  }
  ago = 0;
  await server.restart();

  const printed = await runBlocks(blocks.join('\n'), directory.path, server);
  assert.match(printed, /^2 of 2 files encrypted$/m);
  assert.match(printed, /^context +app=apollo$/m);
  assert.match(printed, /^sealed\/2026\/large\.kenv\nsealed\/march\.csv\.kenv$/m);
  assert.match(printed, /^2 of 2 files rewrapped\nnothing depends on the old version$/m);
  assert.match(printed, /^2 of 2 files re-encrypted$/m);
  assert.match(printed, /^reports\/march\.csv$/m);
  assert.match(printed, /^ *512$/m);
  assert.match(printed, /^the program has a password of 13 characters$/m);
  assert.deepEqual(await readFile(at('from-shanghai/2026/large')), await readFile(at('reports/2026/large')));
});

test('its first commands make the keys that the others use', async () => {
  await using directory = await temporaryDirectory();
  await using server = await startTestServer({ KEYHOLD_REGIONS: 'cn-hangzhou,cn-shanghai' });
  await runBlocks(keys, directory.path, server);
  for (const [RegionId, KeyId] of [
    ['cn-hangzhou', 'alias/Apollo/WorkKey'],
    ['cn-shanghai', 'alias/Apollo/Backup'],
  ] as const) {
    assert.equal((await server.call('DescribeKey', { RegionId, KeyId })).status, 200);
  }
});
