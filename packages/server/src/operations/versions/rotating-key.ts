import { ApiError } from '@keyhold/api/errors.ts';
import type { Key } from '../../keys/key.ts';

/** The key, where it may get versions: its material is made here (KMS semantics 13). */
export function rotatingKey(key: Key): Key {
  if (key.origin !== 'EXTERNAL') return key;
  const reason = 'imported material has one version; make a new key and move the alias to it';
  throw new ApiError('Rejected.UnsupportedOperation', { reason });
}
