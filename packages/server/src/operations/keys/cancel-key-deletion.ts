import { CancelKeyDeletion } from '@keyhold/api/kms/keys.ts';
import { handler } from '../handler.ts';
import { changeKey } from './change-key.ts';

/** Enabled again, whatever it was before; a key without material waits for it (KMS semantics 8). */
export const cancelKeyDeletion = handler(CancelKeyDeletion, (kms, { key }) =>
  changeKey(kms, key('KeyId'), ({ primaryVersionId }) => ({
    state: primaryVersionId === null ? 'PendingImport' : 'Enabled',
    deleteAt: null,
  })),
);
