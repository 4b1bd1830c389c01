import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import {
  describe,
  externalKey,
  importParameters,
  oaepWithMgf1,
  ok,
  wrap,
  wrapByOpenssl,
} from '../key-lifecycle/importing.ts';
import type { Parameters } from '../server.ts';
import { type HsmServer, startHsmServer } from './hsm-server.ts';

const DAY = 86_400_000;
let now = Date.parse('2026-03-01T12:00:00Z');
let rig: HsmServer;
before(async () => {
  rig = await startHsmServer(() => now);
});
after(() => rig[Symbol.asyncDispose]());

/** All that an import could change in the database, of all keys. */
function rows() {
  const database = new DatabaseSync(dataPaths(rig.server.dataDir).database, { readOnly: true });
  try {
    return ['keys', 'key_versions'].map((table) =>
      database.prepare(`SELECT * FROM ${table} ORDER BY rowid`).all(),
    );
  } finally {
    database.close();
  }
}
/** And in the token. */
const keyLabels = async () => (await rig.labels()).filter((label) => label.includes('/key/'));

for (const [ProtectionLevel, algorithm, wrongHash] of [
  // Java's habit, where nobody tells it the hash of MGF1.
  ['SOFTWARE', 'RSAES_OAEP_SHA_256', oaepWithMgf1('sha256', 'sha1')],
  ['SOFTWARE', 'RSAES_OAEP_SHA_1', oaepWithMgf1('sha1', 'sha256')],
  // SoftHSM gives no token for SHA-256.
  ['HSM', 'RSAES_OAEP_SHA_1', oaepWithMgf1('sha1', 'sha256')],
] as const) {
  for (const hasMaterial of [false, true]) {
    const which = `${ProtectionLevel} key ${hasMaterial ? 'with' : 'without'} material, ${algorithm}`;
    test(`${which}: every wrong import is refused with its code, and nothing has changed`, async () => {
      const { server } = rig;
      const [KeyId, other] = [
        await externalKey(server, { ProtectionLevel }),
        await externalKey(server, { ProtectionLevel }),
      ];
      const material = randomBytes(32);
      const { PublicKey, ImportToken } = await importParameters(server, KeyId, algorithm);
      const later = await importParameters(server, KeyId, algorithm);
      const ofOther = await importParameters(server, other, algorithm);
      const wrapped = (bytes: Uint8Array, key = PublicKey) => ({
        EncryptedKeyMaterial: wrap(key, bytes, algorithm),
      });
      const good = { KeyId, ImportToken, ...wrapped(material) };
      const blobs: string[] = [];
      if (hasMaterial) {
        await ok(server, 'ImportKeyMaterial', good);
        blobs.push((await ok(server, 'Encrypt', { KeyId, Plaintext: 'cGxhaW4=' })).CiphertextBlob);
      }
      const [keyBefore, rowsBefore, labelsBefore] = [
        await describe(server, KeyId),
        rows(),
        await keyLabels(),
      ];
      assert.equal(keyBefore.KeyState, hasMaterial ? 'Enabled' : 'PendingImport');

      const messages = new Set<string>();
      const refuses = async (what: string, code: string, more: Parameters = {}) => {
        // Another expiry, so that an import that is taken shows even where its material is the same.
        const KeyMaterialExpireUnix = Math.floor(now / 1000) + 3600;
        const answer = await server.call('ImportKeyMaterial', { ...good, KeyMaterialExpireUnix, ...more });
        assert.deepEqual([answer.status, answer.body.Code], [400, code], what);
        if (code === 'InvalidKeyMaterial') messages.add(answer.body.Message);
        assert.deepEqual(rows(), rowsBefore, what);
      };
      const EncryptedKeyMaterial = await wrapByOpenssl(PublicKey, material, wrongHash);
      await refuses('another hash for MGF1', 'InvalidKeyMaterial', { EncryptedKeyMaterial });
      for (const bytes of [0, 16, 31, 33, 64]) {
        await refuses(`${bytes} bytes`, 'InvalidKeyMaterial', wrapped(randomBytes(bytes)));
      }
      if (hasMaterial) await refuses('other material', 'InvalidKeyMaterial', wrapped(randomBytes(32)));
      const { ImportToken: laterToken } = later;
      await refuses('another token of the key', 'InvalidKeyMaterial', { ImportToken: laterToken });
      assert.equal(messages.size, 1, 'nobody learns from the answer what is inside');
      for (const key of [PublicKey, ofOther.PublicKey]) {
        const given = { ImportToken: ofOther.ImportToken, ...wrapped(material, key) };
        await refuses('the token of another key', 'InvalidImportToken', given);
      }
      now += DAY;
      await refuses('an expired token', 'ExpiredImportToken');

      assert.deepEqual(await describe(server, KeyId), keyBefore);
      assert.deepEqual(await keyLabels(), labelsBefore);
      for (const CiphertextBlob of blobs) {
        assert.equal((await ok(server, 'Decrypt', { CiphertextBlob })).Plaintext, 'cGxhaW4=');
      }
      const fresh = await importParameters(server, KeyId, algorithm);
      const again = { KeyId, ImportToken: fresh.ImportToken, ...wrapped(material, fresh.PublicKey) };
      await ok(server, 'ImportKeyMaterial', again);
    });
  }
}
