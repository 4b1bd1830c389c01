import { DeleteKeyMaterial } from '@keyhold/api/kms/import.ts';
import { eraseMaterial } from '../../keys/erase-material.ts';
import { Conflict } from '../../store/store.ts';
import { handler } from '../handler.ts';

/** Where there is none, all is well (KMS semantics 8). */
export const deleteKeyMaterial = handler(DeleteKeyMaterial, async (kms, { key }) => {
  if ((await eraseMaterial(kms, key('KeyId'))) === 'conflict') throw new Conflict();
  return {};
});
