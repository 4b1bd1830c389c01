import type { Key } from '../../keys/key.ts';
import type { Kms } from '../../kms.ts';
import { Conflict } from '../../store/store.ts';

/**
 * Stores the key with some fields changed, unless somebody else has changed it since it was read. It is the row that is
 * changed: what the key is as of now may be the word of a clock that is wrong.
 */
export async function changeKey(
  { store }: Kms,
  { keyId, revision }: Key,
  change: Partial<Key> | ((row: Key) => Partial<Key>),
): Promise<Record<string, never>> {
  const row = await store.keys.find(keyId);
  if (row?.revision !== revision) throw new Conflict();
  const changed = typeof change === 'function' ? change(row) : change;
  const outcome = await store.keys.replace({ ...row, ...changed, revision: revision + 1 });
  if (outcome === 'conflict') throw new Conflict();
  return {};
}
