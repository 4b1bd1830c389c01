import { DeleteKeyMaterial } from '@keyhold/api/kms/import.ts';
import { eraseMaterial } from '../../keys/erase-material.ts';
import { Conflict } from '../../store/store.ts';
import { handler } from '../handler.ts';
import { externalKey } from './external-key.ts';

/** Where there is none, all is well (KMS semantics 8); what an earlier call left half done is done now. */
export const deleteKeyMaterial = handler(DeleteKeyMaterial, async (kms, { key }) => {
  const cmk = externalKey(key('KeyId'));
  const bare = cmk.primaryVersionId === null && cmk.materialExpiresAt === null;
  if (bare) await kms.keyring.erase(cmk);
  else if ((await eraseMaterial(kms, cmk)) === 'conflict') throw new Conflict();
  return {};
});
