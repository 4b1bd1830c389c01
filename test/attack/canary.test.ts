import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAccountIn } from '@keyhold/server/accounts/create-account-in.ts';
import { readConfig } from '@keyhold/server/config.ts';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import type { Credentials, Parameters } from '../server.ts';
import { serve } from '../server-process.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { post, signAcs3, signRpc } from './signed.ts';

/** The ways in which bytes may stand in other bytes; Base64 at each of its three positions. */
function forms(secret: Buffer): Buffer[] {
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), secret]).toString('base64');
    return text.slice(shift === 0 ? 0 : 4, secret.length - (secret.length % 3));
  });
  const texts = [
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    ...base64.map(encodeURIComponent),
    secret.toString('hex'),
    secret.toString('hex').toUpperCase(),
  ];
  return [
    secret,
    Buffer.from(secret.toString('latin1'), 'utf16le'),
    ...texts.flatMap((text) => [Buffer.from(text), Buffer.from(text, 'utf16le')]),
  ];
}

const holds = (haystack: Buffer, secret: Buffer): boolean =>
  forms(secret).some((form) => haystack.includes(form));

test('a search that finds nothing would prove nothing', () => {
  const secret = randomBytes(24);
  for (let before = 0; before < 3; before++) {
    const around = Buffer.concat([randomBytes(before), secret, randomBytes(9)]);
    for (const encoding of ['latin1', 'base64', 'base64url', 'hex'] as const) {
      const haystack = `....${around.toString(encoding)}....`;
      assert.ok(holds(Buffer.from(haystack, 'latin1'), secret), `${encoding} ${before}`);
      assert.ok(holds(Buffer.from(haystack, 'utf16le'), secret), `${encoding} ${before}`);
    }
  }
  assert.ok(!holds(randomBytes(4096), secret));
});

test('no secret is found where it does not belong', { timeout: 30_000 }, async () => {
  await using directory = await temporaryDirectory();
  const dataDir = join(directory.path, 'data');
  const passphraseFile = join(directory.path, 'passphrase');
  const secrets = new Map<string, Buffer>();
  const remember = (name: string, text: string | Buffer): string => {
    secrets.set(name, Buffer.from(text as string));
    return String(text);
  };
  await writeFile(passphraseFile, remember('passphrase', `passphrase ${randomBytes(12).toString('hex')}`), {
    mode: 0o600,
  });
  await using server = await serve(dataDir, {
    KEYHOLD_ROOT_ACCESS_KEY_ID: '',
    KEYHOLD_ROOT_ACCESS_KEY_SECRET: '',
    KEYHOLD_ROOT_PASSPHRASE_FILE: passphraseFile,
    KEYHOLD_LOG_LEVEL: 'trace',
  });
  const paths = dataPaths(dataDir);
  const pair = JSON.parse(await readFile(paths.rootAccessKey, 'utf8'));
  const root: Credentials = { accessKeyId: pair.AccessKeyId, accessKeySecret: pair.AccessKeySecret };
  remember('root access key secret', root.accessKeySecret);
  const environment = { KEYHOLD_DATA_DIR: dataDir, KEYHOLD_ROOT_PASSPHRASE_FILE: passphraseFile };
  const other = await createAccountIn(readConfig(environment), { accountId: undefined, name: 'other' });
  remember('other access key secret', other.AccessKeySecret);
  const stranger = {
    accessKeyId: root.accessKeyId,
    accessKeySecret: remember('wrong secret', 'a'.repeat(12) + randomBytes(9).toString('hex')),
  };

  const plaintext = remember('plaintext', `plaintext ${randomBytes(15).toString('hex')}`);
  const refusals: Buffer[] = [];
  const call = async (action: string, parameters: Parameters, status: number, by: Credentials = root) => {
    for (const sign of [signRpc, signAcs3]) {
      for (const Format of ['XML', 'JSON']) {
        const answer = await post(server.url, sign(action, { ...parameters, Format }, by));
        assert.equal(answer.status, status, `${action}: ${answer.body}`);
        if (status !== 200) refusals.push(Buffer.from(answer.body));
      }
    }
  };
  const json = async (action: string, parameters: Parameters) =>
    (await server.call(action, parameters, root)).body;

  const mark = `mark-${randomBytes(6).toString('hex')}`;
  const EncryptionContext = JSON.stringify({ mark });
  const { KeyId } = (await json('CreateKey', { Description: 'd' })).KeyMetadata;
  const { CiphertextBlob } = await json('Encrypt', { KeyId, Plaintext: plaintext, EncryptionContext });
  const dataKey = await json('GenerateDataKey', { KeyId });
  remember('data key', Buffer.from(dataKey.Plaintext, 'base64'));
  assert.equal((await json('Decrypt', { CiphertextBlob, EncryptionContext })).Plaintext, plaintext);

  const Plaintext = plaintext;
  const tampered = `${CiphertextBlob.slice(0, -4)}AAAA`;
  await call('Encrypt', { KeyId, Plaintext }, 200);
  await call('Decrypt', { CiphertextBlob: dataKey.CiphertextBlob }, 200);
  await call('ReEncrypt', { CiphertextBlob: dataKey.CiphertextBlob, DestinationKeyId: KeyId }, 200);
  await call('Decrypt', { CiphertextBlob, EncryptionContext: '{"wrong":"context"}' }, 400);
  await call('Decrypt', { CiphertextBlob: tampered, EncryptionContext }, 400);
  await call('ReEncrypt', { CiphertextBlob: tampered, DestinationKeyId: KeyId }, 400);
  await call('Encrypt', { KeyId, Plaintext, DryRun: true }, 400);
  await call('Encrypt', { KeyId, Plaintext, EncryptionContext: '{' }, 400);
  await call('Encrypt', { KeyId, Plaintext: plaintext.repeat(200) }, 400);
  await call('Encrypt', { KeyId: 'alias/none', Plaintext }, 404);
  await call('Encrypt', { Plaintext }, 400);
  await call('NoSuchAction', { KeyId, Plaintext }, 404);
  await call('Decrypt', { CiphertextBlob: Plaintext }, 400);
  await call('ListKeys', {}, 400, stranger);

  const body = `Plaintext=${encodeURIComponent(plaintext)}`;
  for (const path of ['/', '/x', '/?Action=Encrypt&Version=2016-01-20']) {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Bearer ${plaintext}`,
    };
    const answer = await fetch(server.url + path, { method: 'POST', headers, body });
    refusals.push(Buffer.from(await answer.text()));
  }

  // What the inside cannot do: a row that does not open, a disk that is full.
  const database = new DatabaseSync(paths.database);
  database.exec("update key_versions set wrapped_material = x'00'");
  database.close();
  await sleep(400); // caches ask every 250 ms
  await call('Encrypt', { KeyId, Plaintext }, 500);
  await call('Decrypt', { CiphertextBlob: dataKey.CiphertextBlob }, 500);
  execFileSync('prlimit', ['--pid', String(server.pid), '--fsize=5:unlimited']);
  await call('Encrypt', { KeyId, Plaintext }, 503);
  execFileSync('prlimit', ['--pid', String(server.pid), '--fsize=unlimited']);
  await call('ListKeys', {}, 200);

  const places = new Map<string, Buffer>();
  for (const path of ['/metrics', '/healthz']) {
    places.set(path, Buffer.from(await (await fetch(server.url + path)).bytes()));
  }
  const addFiles = async (when: string) => {
    for (const name of await readdir(dataDir, { recursive: true })) {
      const path = join(dataDir, name);
      if ((await stat(path)).isFile()) places.set(`${when} ${name}`, await readFile(path));
    }
  };
  await addFiles('running');
  await server.end('SIGTERM');
  await addFiles('stopped');
  places.set('stdout', Buffer.from(server.stdout()));
  places.set('stderr', Buffer.from(server.stderr()));
  for (const [index, refusal] of refusals.entries()) places.set(`refusal ${index}`, refusal);

  const trail = [...places].filter(([name]) => name.endsWith('.trail')).map(([, bytes]) => bytes);
  assert.ok(
    trail.some((bytes) => bytes.includes(mark)),
    'the context is in the trail',
  );
  assert.match(server.stderr(), /does not open/, 'failures are in the log');
  for (const [name, secret] of secrets) {
    for (const [place, bytes] of places) {
      const belongs = name === 'root access key secret' && place.endsWith('root-access-key.json');
      assert.equal(holds(bytes, secret), belongs, `${name} in ${place}`);
    }
  }
});
