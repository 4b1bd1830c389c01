import type { Store } from '../store/store.ts';
import type { Key, KeyVersion } from './key.ts';
import type { Keyring } from './keyring.ts';

/** For what is not bounded by the quota of versions: a rotation that is due must not fail for it. */
export const NO_QUOTA = Number.MAX_SAFE_INTEGER;

/** When the next rotation is due, in milliseconds; null without automatic rotation (KMS semantics 13). */
export function nextRotation(lastRotationAt: number | null, interval: number | null): number | null {
  return lastRotationAt === null || interval === null ? null : lastRotationAt + interval * 1000;
}

/** Gives the key a new version with fresh material, which encrypts from now on, and changes it as told besides. */
export async function addVersion(
  { store, keyring }: { readonly store: Pick<Store, 'keys'>; readonly keyring: Keyring },
  key: Key,
  now: number,
  quota: number,
  change: Partial<Key> = {},
): Promise<{ readonly outcome: 'replaced' | 'conflict' | 'quota'; readonly version: KeyVersion }> {
  const version = await keyring.newVersion(key, crypto.randomUUID(), now);
  const changed = { ...key, ...change, primaryVersionId: version.keyVersionId, lastRotationAt: now };
  const nextRotationAt = nextRotation(now, changed.rotationInterval);
  const next = { ...changed, nextRotationAt, revision: key.revision + 1 };
  const outcome = await store.keys.replaceWithVersion(next, version, quota);
  if (outcome !== 'replaced') await keyring.discard(key, version);
  return { outcome, version };
}
