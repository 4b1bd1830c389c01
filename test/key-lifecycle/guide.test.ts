import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ROOT, startTestServer, type TestServer } from '../server.ts';
import { describe, externalKey, importParameters, ok } from './importing.ts';

const run = promisify(execFile);
const KEYHOLD = fileURLToPath(new URL('../../packages/cli/bin/keyhold.js', import.meta.url));

let server: TestServer;
let directory: string;
before(async () => {
  server = await startTestServer();
  directory = await mkdtemp(join(tmpdir(), 'keyhold-guide-'));
});
after(async () => {
  await server[Symbol.asyncDispose]();
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

test('the commands of docs/import.md do what the page says', async () => {
  const page = await readFile(new URL('../../docs/import.md', import.meta.url), 'utf8');
  const [quick = '', byHand = '', again = ''] = [...page.matchAll(/```sh\n([^`]*)```/g)].map(
    ([, block]) => block,
  );
  const encrypt = 'npx keyhold call Encrypt --KeyId alias/imported --Plaintext hello > old.json';
  // By hand into a key that has the material already: the same material is taken.
  const { stdout } = await shell(`${quick}\n${encrypt}\n${byHand}\n${again}\necho "$KEY"`);
  const KeyId = stdout.trim().split('\n').at(-1) ?? '';
  assert.equal((await describe(server, KeyId)).KeyState, 'Enabled');
  const { CiphertextBlob } = JSON.parse(await readFile(join(directory, 'old.json'), 'utf8'));
  assert.equal((await ok(server, 'Decrypt', { CiphertextBlob })).Plaintext, 'hello');
  await assert.rejects(
    shell(`KEY=${KeyId}\nopenssl rand -out material.bin 32\n${byHand}`),
    /InvalidKeyMaterial/,
  );
});

/** As the table of the page has them, and Java's habit. */
const OPTIONS = {
  RSAES_OAEP_SHA_256: 'rsa_padding_mode:oaep rsa_oaep_md:sha256',
  RSAES_OAEP_SHA_1: 'rsa_padding_mode:oaep rsa_oaep_md:sha1',
  RSAES_PKCS1_V1_5: 'rsa_padding_mode:pkcs1',
} as const;

for (const [algorithm, options] of Object.entries(OPTIONS)) {
  test(`what OpenSSL wraps for ${algorithm} is taken, and nothing that differs in a hash`, async () => {
    const KeyId = await externalKey(server);
    const { PublicKey, ImportToken } = await importParameters(
      server,
      KeyId,
      algorithm as keyof typeof OPTIONS,
    );
    await writeFile(join(directory, 'public.der'), Buffer.from(PublicKey, 'base64'));
    await writeFile(join(directory, 'material.bin'), Buffer.alloc(32, 9));
    const wrapped = async (how: string): Promise<string> => {
      const flags = how.split(' ').map((option) => `-pkeyopt ${option}`);
      await shell(
        `openssl pkeyutl -encrypt -pubin -inkey public.der -keyform DER -in material.bin -out wrapped.bin ${flags.join(' ')}`,
      );
      return (await readFile(join(directory, 'wrapped.bin'))).toString('base64');
    };
    const attempt = (EncryptedKeyMaterial: string) =>
      server.call('ImportKeyMaterial', { KeyId, EncryptedKeyMaterial, ImportToken });
    for (const wrong of [
      'rsa_padding_mode:oaep rsa_oaep_md:sha256 rsa_mgf1_md:sha1',
      'rsa_padding_mode:oaep rsa_oaep_md:sha1 rsa_mgf1_md:sha256',
    ]) {
      const { status, body } = await attempt(await wrapped(wrong));
      assert.deepEqual([status, body.Code], [400, 'InvalidKeyMaterial']);
    }
    assert.equal((await describe(server, KeyId)).KeyState, 'PendingImport');
    assert.equal((await attempt(await wrapped(options))).status, 200);
  });
}
