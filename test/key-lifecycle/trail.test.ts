import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startTestServer } from '../server.ts';
import { externalKey, importParameters, ok, wrap } from './importing.ts';

test('the trail says what was done with a key’s material, and holds none of it', async () => {
  await using server = await startTestServer();
  const KeyId = await externalKey(server);
  const material = randomBytes(32);
  const { PublicKey, ImportToken } = await importParameters(server, KeyId);
  const EncryptedKeyMaterial = wrap(PublicKey, material);
  const good = { KeyId, EncryptedKeyMaterial, ImportToken };
  await ok(server, 'ImportKeyMaterial', {
    ...good,
    KeyMaterialExpireUnix: Math.floor(Date.now() / 1000) + 2,
  });
  await server.call('ImportKeyMaterial', { ...good, EncryptedKeyMaterial: wrap(PublicKey, randomBytes(32)) });
  await server.call('ImportKeyMaterial', { ...good, ImportToken: `${ImportToken.slice(0, -4)}AAAA` });
  for (let i = 0; i < 50; i++) {
    const { KeyState } = (await ok(server, 'DescribeKey', { KeyId })).KeyMetadata;
    if (KeyState === 'PendingImport') break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await new Promise((resolve) => setTimeout(resolve, 1500)); // the job looks every second
  await ok(server, 'DeleteKeyMaterial', { KeyId });
  await server.stop();

  const directory = join(server.dataDir, 'trail');
  const files = (await readdir(directory)).filter((name) => name.endsWith('.trail'));
  const trail = (await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')))).join('');
  const secrets = [
    material.toString('base64'),
    material.toString('hex'),
    EncryptedKeyMaterial,
    ImportToken,
    PublicKey,
  ];
  for (const secret of secrets) assert.ok(!trail.includes(secret.slice(0, 40)), 'nothing of it is kept');
  for (const told of [
    'TokenExpireTime',
    'RSAES_OAEP_SHA_256',
    'KeyMaterialExpireUnix',
    'InvalidKeyMaterial',
    'InvalidImportToken',
  ]) {
    assert.ok(trail.includes(told), told);
  }
  const expired = trail.split('\n').filter((line) => line.includes('ExpireKeyMaterial'));
  assert.equal(expired.length, 2, 'the intent of the job, and what came of it');

  const database = (await Promise.all(
    ['keyhold.db', 'keyhold.db-wal'].map((name) =>
      readFile(join(server.dataDir, name)).catch(() => Buffer.alloc(0)),
    ),
  )) as Buffer[];
  for (const pages of database) assert.ok(!pages.includes(material));
});
