import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { heldInMemory } from '@keyhold/server/hsm/test-kit/memory.ts';
import { ALGORITHMS, wrap } from '../key-lifecycle/importing.ts';
import { serve } from '../server-process.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

/** Key objects of Node, which are wiped when they are collected, soon after a heap snapshot. */
const COLLECTED_MS = 20_000;

test('neither the root key of a file nor material that is not in use is in the memory of the server', async () => {
  await using directory = await temporaryDirectory();
  const dataDir = join(directory.path, 'data');
  await using server = await serve(dataDir, {
    NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${directory.path}`,
  });
  const ok = async (action: string, parameters: Record<string, string>) => {
    const { status, body } = await server.call(action, parameters);
    assert.equal(status, 200, `${action}: ${JSON.stringify(body)}`);
    return body;
  };
  const secrets = new Map<Uint8Array, string>();
  const remember = (name: string, bytes: Buffer): void => {
    secrets.set(bytes, name).set(Buffer.from(bytes.toString('base64')), `${name}, in Base64`);
  };
  // What must be found, so that not finding says something.
  const known = Buffer.from(dataDir);
  const held = () => {
    const found = heldInMemory(server.pid, [known, ...secrets.keys()]);
    assert.ok(found.includes(known));
    return found.flatMap((bytes) => secrets.get(bytes) ?? []);
  };

  // The server made it, wrote it and read it.
  const [, rootKey = ''] = (await readFile(join(dataDir, 'root-key'), 'latin1')).trim().split(':');
  remember('root key', Buffer.from(rootKey, 'base64'));
  assert.deepEqual(held(), []);

  for (const WrappingAlgorithm of ALGORITHMS) {
    const { KeyId } = (await ok('CreateKey', { Origin: 'EXTERNAL' })).KeyMetadata;
    const material = randomBytes(32);
    remember(WrappingAlgorithm, material);
    const asked = { KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_2048' };
    const { PublicKey, ImportToken } = await ok('GetParametersForImport', asked);
    const EncryptedKeyMaterial = wrap(PublicKey, material, WrappingAlgorithm);
    await ok('ImportKeyMaterial', { KeyId, EncryptedKeyMaterial, ImportToken });
    assert.ok(!held().includes(WrappingAlgorithm), WrappingAlgorithm);
    await ok('Encrypt', { KeyId, Plaintext: 'x' });
    await ok('DeleteKeyMaterial', { KeyId });
  }
  process.kill(server.pid, 'SIGUSR2');
  for (const start = performance.now(); held().length > 0; await pause(500)) {
    assert.ok(performance.now() - start < COLLECTED_MS, held().join('; '));
  }
});
