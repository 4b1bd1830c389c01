import type { Store } from '../store/store.ts';
import { NO_QUOTA } from './add-version.ts';
import type { Key, KeyVersion } from './key.ts';
import type { Keyring } from './keyring.ts';

type Keys = Pick<Store, 'keys'>;

/** The one version of a key whose material is imported; it stays when the material goes. */
export async function importedVersion({ keys }: Keys, key: Key): Promise<KeyVersion | undefined> {
  const { rows } = await keys.listVersions(key.keyId, { offset: 0, limit: 1 });
  return rows[0];
}

/**
 * Takes the imported material of a key away, from the database and from where it lives. The key waits for the same
 * material, unless it is to be deleted: that changes neither its state nor its date (KMS semantics 8).
 */
export async function eraseMaterial(
  { store, keyring }: { readonly store: Keys; readonly keyring: Pick<Keyring, 'erase'> },
  key: Key,
): Promise<'replaced' | 'conflict'> {
  const version = await importedVersion(store, key);
  const bare: Key = {
    ...key,
    state: key.state === 'PendingDeletion' ? key.state : 'PendingImport',
    primaryVersionId: null,
    materialExpiresAt: null,
    revision: key.revision + 1,
  };
  const outcome =
    version === undefined || version.wrappedMaterial === null
      ? await store.keys.replace(bare)
      : await store.keys.replaceWithVersion(bare, { ...version, wrappedMaterial: null }, NO_QUOTA);
  if (outcome === 'replaced') await keyring.erase(key);
  if (outcome === 'quota') throw new Error(`key ${key.keyId} is over a quota that there is not`);
  return outcome;
}
