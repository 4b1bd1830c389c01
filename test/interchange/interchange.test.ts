import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { keyhold } from '@keyhold/cli/test-kit/cli-process.ts';
import type { Connect } from '@keyhold/client/envelope/keys/data-keys.ts';
import { decryptSampleFile, encryptSampleFile } from '@keyhold/client/envelope/sample/file.ts';
import { decryptSdkBytes, encryptSdkBytes } from '@keyhold/client/envelope/sdk/bytes.ts';
import { inspectSdkBytes } from '@keyhold/client/envelope/sdk/inspect.ts';
import { createKmsClient } from '@keyhold/client/kms.ts';
import { ROOT, startTestServer } from '../server.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { startPythonRig, withoutPython, withoutSdk } from './python-rig.ts';

const REGIONS = ['cn-hangzhou', 'cn-beijing'];
const server = await startTestServer({ KEYHOLD_REGIONS: REGIONS.join() });
after(() => server.stop());

const clients = new Map(
  REGIONS.map((region) => [region, createKmsClient({ endpoint: server.url, region, credentials: ROOT })]),
);
const connect: Connect = ({ region }) => clients.get(region) ?? assert.fail(region);
const kms = clients.get('cn-hangzhou') ?? assert.fail();

const newKey = async (region: string): Promise<string> => {
  const { KeyMetadata } = (await clients.get(region)?.CreateKey({})) ?? assert.fail();
  return KeyMetadata.Arn;
};

/** `keyhold` as the account. */
async function command(args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await keyhold(args, {
    KEYHOLD_ENDPOINT: server.url,
    ALIBABA_CLOUD_ACCESS_KEY_ID: ROOT.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: ROOT.accessKeySecret,
  });
  assert.equal(exitCode, 0, stderr);
}

test('the sample file travels from the repaired sample program to us and back', {
  skip: withoutPython,
}, async () => {
  await using directory = await temporaryDirectory();
  await using python = startPythonRig(server.url, ROOT);
  const at = (name: string): string => join(directory.path, name);
  const cmk = await newKey('cn-hangzhou');
  await kms.CreateAlias({ AliasName: 'alias/sample/one', KeyId: cmk });
  const texts = ['', 'id,region,amount\n1,cn-hangzhou,1024.50\n', '编号,地域\n', 'x'.repeat(600_001)];
  for (const text of texts) {
    writeFileSync(at('plain'), text);
    await python.call('sample-encrypt', { key: 'alias/sample/one', path: at('plain'), out: at('theirs') });
    await decryptSampleFile(at('theirs'), at('opened'), { kms, allow: [cmk], overwrite: true });
    assert.equal(readFileSync(at('opened'), 'utf8'), text);

    await encryptSampleFile(at('plain'), at('ours'), { kms, keyId: 'alias/sample/one', overwrite: true });
    await python.call('sample-decrypt', { path: at('ours'), out: at('opened-there') });
    assert.equal(readFileSync(at('opened-there'), 'utf8'), text);
  }

  const named = ['--key', 'alias/sample/one', '--force'];
  await command(['encrypt', at('plain'), '--format', 'sample', '-o', at('ours'), ...named]);
  await python.call('sample-decrypt', { path: at('ours'), out: at('opened-there') });
  assert.equal(readFileSync(at('opened-there'), 'utf8'), texts.at(-1));
  await command(['decrypt', at('theirs'), '-o', at('opened'), '--allow', 'alias/sample/one', '--force']);
  assert.equal(readFileSync(at('opened'), 'utf8'), texts.at(-1));

  const [blob, nonce, ciphertext, tag] = readFileSync(at('ours'), 'utf8').split('\n');
  writeFileSync(at('changed'), `${blob}\n${nonce}\n${ciphertext?.replace(/^..../, 'AAAA')}\n${tag}\n`);
  await assert.rejects(
    python.call('sample-decrypt', { path: at('changed'), out: at('never') }),
    /MAC check failed/,
  );
  await assert.rejects(decryptSampleFile(at('changed'), at('never'), { kms, allow: [cmk] }), /was changed/);

  // What the sample programs cannot do, we do: any bytes.
  writeFileSync(at('binary'), Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
  await assert.rejects(
    python.call('sample-encrypt', { key: cmk, path: at('binary'), out: at('never') }),
    /UnicodeDecode/,
  );
  await encryptSampleFile(at('binary'), at('ours'), { kms, keyId: cmk, overwrite: true });
  await assert.rejects(
    python.call('sample-decrypt', { path: at('ours'), out: at('never') }),
    /UnicodeDecode/,
  );
  await decryptSampleFile(at('ours'), at('opened'), { kms, allow: [cmk], overwrite: true });
  assert.ok(readFileSync(at('opened')).equals(readFileSync(at('binary'))));
});

describe("the vendor's Encryption SDK for Python", { skip: withoutSdk }, () => {
  const CONTEXT = { order: '42', a: 'b', 'long-key-name': '值 with <html> & = \' "quotes"', Z: '' };
  const plaintext = Buffer.from('envelope encryption 信封加密');

  test('reads what we write, and we read what it writes: contexts, three CMKs in two regions, 70000 bytes', async () => {
    await using python = startPythonRig(server.url, ROOT);
    const cmks = [await newKey('cn-hangzhou'), await newKey('cn-hangzhou'), await newKey('cn-beijing')];
    for (const context of [{}, CONTEXT]) {
      for (const data of [plaintext, Buffer.alloc(0), Buffer.alloc(70_000, 'keyhold')]) {
        const ours = await encryptSdkBytes(data, { connect, cmks, context });
        const message = Buffer.from(ours).toString('base64');
        for (const cmk of cmks) {
          assert.deepEqual(await python.call('sdk-decrypt', { cmks: [cmk], message }), {
            data: data.toString('base64'),
            context,
          });
        }
        const given = { cmks, context, data: data.toString('base64'), algorithm: null };
        const theirs = Buffer.from(String(await python.call('sdk-encrypt', given)), 'base64');
        assert.deepEqual(inspectSdkBytes(theirs).header?.cmks, cmks.toSorted());
        for (const cmk of cmks) {
          const opened = await decryptSdkBytes(theirs, { connect, allow: [cmk], context });
          assert.ok(data.equals(opened));
        }
      }
    }
  });

  test('exchanges files with the command', async () => {
    await using directory = await temporaryDirectory();
    await using python = startPythonRig(server.url, ROOT);
    const at = (name: string): string => join(directory.path, name);
    const cmk = await newKey('cn-hangzhou');
    writeFileSync(at('plain'), plaintext);
    await command([
      'encrypt',
      at('plain'),
      '--format',
      'sdk',
      '-o',
      at('ours'),
      '--key',
      cmk,
      '--context',
      'order=42',
    ]);
    const message = readFileSync(at('ours')).toString('base64');
    assert.deepEqual(await python.call('sdk-decrypt', { cmks: [cmk], message }), {
      data: plaintext.toString('base64'),
      context: { order: '42' },
    });
    const given = { cmks: [cmk], context: CONTEXT, data: plaintext.toString('base64'), algorithm: null };
    writeFileSync(at('theirs'), Buffer.from(String(await python.call('sdk-encrypt', given)), 'base64'));
    await command(['decrypt', at('theirs'), '-o', at('opened'), '--allow', cmk]);
    assert.deepEqual(readFileSync(at('opened')), plaintext);
  });

  test('writes every algorithm that it has, and we read it', async () => {
    await using python = startPythonRig(server.url, ROOT);
    const cmk = await newKey('cn-hangzhou');
    for (const mode of ['GCM_NOPADDING', 'CBC_NOPADDING', 'CBC_PKCS5', 'CTR_NOPADDING']) {
      for (const bits of [128, 256]) {
        const algorithm = `AES_${mode}_${bits}`;
        const given = { cmks: [cmk], context: CONTEXT, data: plaintext.toString('base64'), algorithm };
        const theirs = Buffer.from(String(await python.call('sdk-encrypt', given)), 'base64');
        assert.equal(inspectSdkBytes(theirs).header?.algorithm, algorithm);
        const options = { connect, allow: [cmk], allowUnauthenticated: mode !== 'GCM_NOPADDING' };
        assert.deepEqual(Buffer.from(await decryptSdkBytes(theirs, options)), plaintext, algorithm);
      }
    }
  });
});
