import { ApiError } from '@keyhold/api/errors.ts';
import { ImportKeyMaterial } from '@keyhold/api/kms/import.ts';
import { NO_QUOTA } from '../../keys/add-version.ts';
import { importedVersion } from '../../keys/erase-material.ts';
import type { Key } from '../../keys/key.ts';
import { Conflict } from '../../store/store.ts';
import { handler } from '../handler.ts';
import { storedKey } from '../keys/stored-key.ts';

/**
 * The same material again comes back as the same version, so that old ciphertext opens again; its expiry is what
 * the last import says (KMS semantics 14). An HSM keeps the object that it has.
 */
export const importKeyMaterial = handler(ImportKeyMaterial, async (kms, { key, params, now }) => {
  const cmk = await storedKey(kms, key('KeyId'));
  const materialExpiresAt = expiry(params.KeyMaterialExpireUnix ?? 0, now);
  const first = await importedVersion(kms.store, cmk);
  if (first?.fingerprint === null) {
    throw new Error(`version ${first.keyVersionId} of key ${cmk.keyId} says not what it was made of`);
  }
  const { keyVersionId, createdAt } = first ?? { keyVersionId: crypto.randomUUID(), createdAt: now };
  const given = { token: params.ImportToken, encrypted: params.EncryptedKeyMaterial };
  const imported = await kms.imports.take(cmk, keyVersionId, first?.fingerprint ?? null, given, now);
  const { kept: wrappedMaterial, fingerprint } = imported;
  const version = { keyId: cmk.keyId, keyVersionId, createdAt, wrappedMaterial, fingerprint };
  const kept = first !== undefined && (await kms.keyring.holds(cmk, first)) ? first : version;
  const next: Key = {
    ...cmk,
    revision: cmk.revision + 1,
    state: cmk.state === 'PendingImport' ? 'Enabled' : cmk.state,
    primaryVersionId: keyVersionId,
    lastRotationAt: createdAt,
    materialExpiresAt,
  };
  const outcome = await kms.store.keys.replaceWithVersion(next, kept, NO_QUOTA);
  if (outcome !== 'replaced' || kept !== version) await kms.keyring.discard(cmk, version);
  if (outcome !== 'replaced') throw new Conflict();
  return {};
});

function expiry(unixSeconds: number, now: number): number | null {
  if (unixSeconds === 0) return null;
  const at = unixSeconds * 1000;
  if (at <= now) throw new ApiError('InvalidParameter', { parameter: 'KeyMaterialExpireUnix' });
  return at;
}
