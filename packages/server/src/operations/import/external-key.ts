import { ApiError } from '@keyhold/api/errors.ts';
import type { Key } from '../../keys/key.ts';

/** The key, where its material is one that is imported. */
export function externalKey(key: Key): Key {
  if (key.origin !== 'EXTERNAL') throw new ApiError('Unsupported.Origin');
  return key;
}
