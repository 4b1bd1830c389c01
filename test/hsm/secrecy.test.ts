import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { heldInMemory } from '@keyhold/server/hsm/test-kit/memory.ts';
import { newSoftHsm } from '@keyhold/server/hsm/test-kit/soft-hsm.ts';
import { wrap } from '../key-lifecycle/importing.ts';
import { serve } from '../server-process.ts';
import { settingsOf } from './hsm-server.ts';

/** As bytes, and as texts that a program might make of them. */
const formsOf = (bytes: Buffer): readonly Buffer[] => [
  bytes,
  ...(['hex', 'base64', 'base64url'] as const).map((encoding) => Buffer.from(bytes.toString(encoding))),
  Buffer.from(bytes.toString('base64'), 'utf16le'),
];

test('imported material is never in the memory of the server, in its heap or on its disk', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'keyhold-secrecy-'));
  using hsm = newSoftHsm();
  try {
    await using server = await serve(join(directory, 'data'), {
      ...settingsOf(hsm),
      SOFTHSM2_CONF: process.env.SOFTHSM2_CONF ?? '',
      NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${directory}`,
    });
    const ok = async (action: string, parameters: Record<string, string>) => {
      const { status, body } = await server.call(action, parameters);
      assert.equal(status, 200, `${action}: ${JSON.stringify(body)}`);
      return body;
    };
    const { KeyId } = (await ok('CreateKey', { ProtectionLevel: 'HSM', Origin: 'EXTERNAL' })).KeyMetadata;
    const material = randomBytes(32);
    for (const WrappingAlgorithm of ['RSAES_OAEP_SHA_1', 'RSAES_PKCS1_V1_5'] as const) {
      const given = await ok('GetParametersForImport', {
        KeyId,
        WrappingAlgorithm,
        WrappingKeySpec: 'RSA_2048',
      });
      const EncryptedKeyMaterial = wrap(given.PublicKey, material, WrappingAlgorithm);
      await ok('ImportKeyMaterial', { KeyId, EncryptedKeyMaterial, ImportToken: given.ImportToken });
    }
    const plaintext = randomBytes(24).toString('base64');
    const { CiphertextBlob } = await ok('Encrypt', { KeyId, Plaintext: plaintext });
    assert.equal((await ok('Decrypt', { CiphertextBlob })).Plaintext, plaintext);

    process.kill(server.pid, 'SIGUSR2');
    const heap = await snapshotIn(directory);
    // What must be found, so that not finding says something.
    assert.ok(heap.includes(KeyId));
    const known = Buffer.from(KeyId);
    assert.deepEqual(heldInMemory(server.pid, [known, material]), [known]);
    for (const form of formsOf(material)) assert.ok(!heap.includes(form.toString('latin1')), 'in the heap');
    await server.end('SIGTERM');
    const files = readdirSync(join(directory, 'data'), { recursive: true, withFileTypes: true }).filter(
      (file) => file.isFile(),
    );
    assert.ok(files.some(({ name }) => name.endsWith('.db')));
    for (const { parentPath, name } of files) {
      const bytes = readFileSync(join(parentPath, name));
      for (const form of formsOf(material)) assert.ok(!bytes.includes(form), name);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

/** The text of the heap snapshot as soon as it is whole: JSON that ends. */
async function snapshotIn(directory: string): Promise<string> {
  for (const start = performance.now(); performance.now() - start < 30_000; await pause(200)) {
    const name = readdirSync(directory).find((file) => file.endsWith('.heapsnapshot'));
    const text = name === undefined ? '' : readFileSync(join(directory, name), 'latin1');
    if (/\]\s*\}\s*$/.test(text.slice(-10))) return text;
  }
  throw new Error('there is no heap snapshot');
}
