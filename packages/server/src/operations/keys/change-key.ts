import type { Key } from '../../keys/key.ts';
import type { Kms } from '../../kms.ts';
import { Conflict } from '../../store/store.ts';
import { storedKey } from './stored-key.ts';

/** Stores the key with some fields changed, unless somebody else has changed it since it was read. */
export async function changeKey(kms: Kms, key: Key, change: Partial<Key>): Promise<Record<string, never>> {
  const row = await storedKey(kms, key);
  const outcome = await kms.store.keys.replace({ ...row, ...change, revision: row.revision + 1 });
  if (outcome === 'conflict') throw new Conflict();
  return {};
}
