import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { KEYHOLD } from '@keyhold/cli/test-kit/cli-process.ts';
import { newSoftHsm } from '@keyhold/server/hsm/test-kit/soft-hsm.ts';
import { serve } from '../server-process.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const run = promisify(execFile);

const page = await readFile(new URL('../../docs/backup.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```sh\n([^`]*)```/g)].map(([, block = '']) => block);
const [quick = '', , restore = '', rewrap = ''] = blocks;
const [, recover = ''] = /`(KEYHOLD_DATA_DIR=\S+ keyhold root recover --to file)`/.exec(page) ?? [];

/** A directory in which somebody follows the page, whose server makes its own access key. */
async function place() {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryDirectory());
  const start = (dataDir: string) =>
    serve(join(path, dataDir), { KEYHOLD_ROOT_ACCESS_KEY_ID: '', KEYHOLD_ROOT_ACCESS_KEY_SECRET: '' });
  const shell = async (script: string, environment: Readonly<Record<string, string>> = {}) => {
    const prelude = `keyhold() { "${process.execPath}" "${KEYHOLD}" "$@"; }\nnpx() { "$@"; }`;
    const here = script.replaceAll('/srv/keyhold/', `${path}/`).replaceAll('/mnt/key/', `${path}/key/`);
    const { stdout } = await run('sh', ['-euc', `${prelude}\n${here}`], {
      cwd: path,
      env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: path, ...environment },
    });
    return stdout;
  };
  const owned = stack.move();
  return { path, start, shell, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const ENCRYPT = `
export KEYHOLD_DATA_DIR=./data
KEY=$(npx keyhold call CreateKey | sed -n 's/.*"KeyId": *"\\([^"]*\\)".*/\\1/p')
npx keyhold call Encrypt --KeyId "$KEY" --Plaintext hello > old.json
`;

/** Within a second of the first call; who types the commands is slower. */
async function firstCheckpoint(trail: string): Promise<void> {
  for (const signal = AbortSignal.timeout(10_000); ; await setTimeout(50, undefined, { signal })) {
    if ((await readdir(trail)).some((name) => name.endsWith('.checkpoints'))) return;
  }
}

test('the five minutes, then everything is lost but the backup, three shares and the access key', async () => {
  await using here = await place();
  {
    await using server = await here.start('data');
    const endpoint = { KEYHOLD_ENDPOINT: server.url };
    await here.shell(ENCRYPT, endpoint);
    await firstCheckpoint(join(here.path, 'data/trail'));
    const said = await here.shell(`${quick}\ncp data/root-access-key.json kept.json`, endpoint);
    assert.match(said, /They open: 3 shares/);
    assert.match(said, / 1 account, 1 access key; \d+ lines in the trail\n {2}1 key; 1 version, each opened/);
    assert.equal(await server.end('SIGTERM'), 0);
  }
  await rm(join(here.path, 'data'), { recursive: true });

  const withoutRootKey = restore.replace(' --verify', '');
  assert.notEqual(withoutRootKey, restore);
  const said = await here.shell(`${withoutRootKey}\n${recover} --share shares/*-[245]-of-5.txt`);
  assert.match(said, /recovery shares: keyhold root recover --to file/);
  assert.match(said, /No backup holds root-access-key\.json/);
  assert.match(said, /a new way in|in place of the one before/);

  await using again = await here.start('data');
  const { CiphertextBlob } = JSON.parse(await readFile(join(here.path, 'old.json'), 'utf8'));
  const decrypt = `npx keyhold call Decrypt --CiphertextBlob ${CiphertextBlob}`;
  const environment = { KEYHOLD_DATA_DIR: './data', KEYHOLD_ENDPOINT: again.url };
  await assert.rejects(here.shell(decrypt, environment), /no credentials/);
  assert.match(
    await here.shell(`cp kept.json data/root-access-key.json\n${decrypt}`, environment),
    /"hello"/,
  );
  assert.match(await here.shell('npx keyhold trail verify', environment), /is whole/);
});

test('every way in on the page, one after the other, and an old backup under the root key of its time', async () => {
  await using here = await place();
  using hsm = newSoftHsm();
  {
    await using server = await here.start('data');
    await here.shell(ENCRYPT, { KEYHOLD_ENDPOINT: server.url });
    assert.equal(await server.end('SIGTERM'), 0);
  }
  const environment = {
    KEYHOLD_DATA_DIR: './data',
    KEYHOLD_HSM_LIBRARY: hsm.settings.library,
    KEYHOLD_HSM_TOKEN: 'keyhold test',
    KEYHOLD_HSM_PIN_FILE: hsm.settings.pinFile,
    SOFTHSM2_CONF: process.env.SOFTHSM2_CONF ?? '',
  };
  mkdirSync(join(here.path, 'key'));
  writeFileSync(join(here.path, 'new-passphrase'), 'correct horse battery', { mode: 0o600 });
  const [, , backup = ''] = quick.trim().split('\n').slice(1);
  assert.match(backup, /keyhold backup --out/);
  const said = await here.shell(
    `${backup}\nmv data/root-key kept-root-key\nexport KEYHOLD_ROOT_KEY_FILE=kept-root-key\n${rewrap}`,
    environment,
  );
  assert.equal(said.match(/Backups made before do not open this way: make one now/g)?.length, 3);
  assert.match(said, /Removed: passphrase, token\. Backups made before still open that way/);
  await here.shell('npx keyhold root status', { ...environment, KEYHOLD_ROOT_KEY_FILE: 'key/root-key' });

  await here.shell('mv data lost');
  const old = await here.shell(restore, { KEYHOLD_ROOT_KEY_FILE: 'kept-root-key' });
  assert.match(old, /1 key; 1 version, each opened/);
});
