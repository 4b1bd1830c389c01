import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type HsmServer, startHsmServer } from '../hsm/hsm-server.ts';
import { ROOT, type TestServer } from '../server.ts';
import {
  type Algorithm,
  describe,
  externalKey,
  importParameters,
  oaepWithMgf1,
  ok,
  wrapByOpenssl,
} from './importing.ts';

const run = promisify(execFile);
const KEYHOLD = fileURLToPath(new URL('../../packages/cli/bin/keyhold.js', import.meta.url));

let rig: HsmServer;
let server: TestServer;
let directory: string;
before(async () => {
  rig = await startHsmServer();
  server = rig.server;
  directory = await mkdtemp(join(tmpdir(), 'keyhold-guide-'));
});
after(async () => {
  await rig[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** Runs a shell script as a reader of the guide would, with `keyhold` as it is in this checkout. */
const shell = (script: string) =>
  run('sh', ['-euc', `npx() { shift; "${process.execPath}" "${KEYHOLD}" "$@"; }\n${script}`], {
    cwd: directory,
    env: {
      ...process.env,
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      KEYHOLD_ENDPOINT: server.url,
      ALIBABA_CLOUD_ACCESS_KEY_ID: ROOT.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: ROOT.accessKeySecret,
    },
  });

/** What docs/hsm.md says is different with keys in SoftHSM. */
const inHsm = (script: string): string =>
  script
    .replaceAll('--Origin EXTERNAL', '--Origin EXTERNAL --ProtectionLevel HSM')
    .replaceAll(/^(npx keyhold import-key .*)/gm, '$1 --wrapping-algorithm RSAES_OAEP_SHA_1');

for (const level of ['SOFTWARE', 'HSM'] as const) {
  test(`the commands of docs/import.md do what the page says, with ${level} keys`, async () => {
    const page = await readFile(new URL('../../docs/import.md', import.meta.url), 'utf8');
    const blocks = [...page.matchAll(/```sh\n([^`]*)```/g)].map(([, block = '']) => block);
    const [quick = '', byHand = '', again = ''] = level === 'HSM' ? blocks.map(inHsm) : blocks;
    const encrypt = 'npx keyhold call Encrypt --KeyId alias/imported --Plaintext hello > old.json';
    // By hand into a key that has the material already: the same material is taken.
    const last = 'npx keyhold call DeleteAlias --AliasName alias/imported\necho "$KEY"';
    const { stdout } = await shell(`${quick}\n${encrypt}\n${byHand}\n${again}\n${last}`);
    const KeyId = stdout.trim().split('\n').at(-1) ?? '';
    const works = async () => {
      const { KeyState, ProtectionLevel } = await describe(server, KeyId);
      assert.deepEqual([KeyState, ProtectionLevel], ['Enabled', level]);
      const { CiphertextBlob } = JSON.parse(await readFile(join(directory, 'old.json'), 'utf8'));
      assert.equal((await ok(server, 'Decrypt', { CiphertextBlob })).Plaintext, 'hello');
    };
    await works();

    const sha256 = byHand.replace('OAEP_SHA_1', 'OAEP_SHA_256').replace('oaep_md:sha1', 'oaep_md:sha256');
    const bySha256 = shell(`KEY=${KeyId}\n${sha256}`);
    if (level === 'SOFTWARE') await bySha256;
    else await assert.rejects(bySha256, /UnsupportedOperation.*use another.*RSAES_OAEP_SHA_1/s);
    await works();

    const otherMaterial = shell(`KEY=${KeyId}\nopenssl rand -out material.bin 32\n${byHand}`);
    await assert.rejects(otherMaterial, /InvalidKeyMaterial/);
    await works();
  });
}

/** As the table of the page has them, and as older guides write them. */
const WAYS: Readonly<Record<Algorithm, readonly string[]>> = {
  RSAES_OAEP_SHA_256: ['pkeyutl -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256'],
  RSAES_OAEP_SHA_1: ['pkeyutl -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha1', 'rsautl -oaep'],
  RSAES_PKCS1_V1_5: ['pkeyutl -pkeyopt rsa_padding_mode:pkcs1', 'rsautl -pkcs'],
};

for (const [level, algorithm] of [
  ['SOFTWARE', 'RSAES_OAEP_SHA_256'],
  ['SOFTWARE', 'RSAES_OAEP_SHA_1'],
  ['SOFTWARE', 'RSAES_PKCS1_V1_5'],
  ['HSM', 'RSAES_OAEP_SHA_1'],
  ['HSM', 'RSAES_PKCS1_V1_5'],
] as const) {
  test(`${level}: what OpenSSL wraps for ${algorithm} is taken, and nothing that differs in a hash`, async () => {
    const KeyId = await externalKey(server, { ProtectionLevel: level });
    const { PublicKey, ImportToken } = await importParameters(server, KeyId, algorithm);
    const attempt = async (way: string) => {
      const EncryptedKeyMaterial = await wrapByOpenssl(PublicKey, Buffer.alloc(32, 9), way);
      return server.call('ImportKeyMaterial', { KeyId, EncryptedKeyMaterial, ImportToken });
    };
    const before = await describe(server, KeyId);
    for (const wrong of [oaepWithMgf1('sha256', 'sha1'), oaepWithMgf1('sha1', 'sha256')]) {
      const { status, body } = await attempt(wrong);
      assert.deepEqual([status, body.Code], [400, 'InvalidKeyMaterial']);
    }
    assert.equal(before.KeyState, 'PendingImport');
    assert.deepEqual(await describe(server, KeyId), before);
    for (const way of WAYS[algorithm]) assert.equal((await attempt(way)).status, 200, way);
    assert.equal((await describe(server, KeyId)).KeyState, 'Enabled');
  });
}
