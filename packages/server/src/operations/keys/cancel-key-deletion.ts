import { CancelKeyDeletion } from '@keyhold/api/kms/keys.ts';
import { handler } from '../handler.ts';
import { changeKey } from './change-key.ts';
import { storedKey } from './stored-key.ts';

/** Enabled again, whatever it was before; a key without material waits for it (KMS semantics 8). */
export const cancelKeyDeletion = handler(CancelKeyDeletion, async (kms, { key }) => {
  const cmk = await storedKey(kms, key('KeyId'));
  const state = cmk.primaryVersionId === null ? 'PendingImport' : 'Enabled';
  return changeKey(kms, cmk, { state, deleteAt: null });
});
