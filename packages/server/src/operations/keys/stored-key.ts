import type { Key } from '../../keys/key.ts';
import type { Kms } from '../../kms.ts';
import { Conflict } from '../../store/store.ts';

/**
 * The row of a key that a call was given, to be changed: what the key is as of now may be the word of a clock that is wrong.
 * Throws Conflict where somebody else has changed it since.
 */
export async function storedKey({ store }: Kms, { keyId, revision }: Key): Promise<Key> {
  const row = await store.keys.find(keyId);
  if (row?.revision !== revision) throw new Conflict();
  return row;
}
