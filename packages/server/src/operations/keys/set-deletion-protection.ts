import { SetDeletionProtection } from '@keyhold/api/kms/keys.ts';
import { handler } from '../handler.ts';
import { changeKey } from './change-key.ts';

/** The description is kept only while the key is protected. */
export const setDeletionProtection = handler(SetDeletionProtection, (kms, { key, params }) => {
  const on = params.EnableDeletionProtection;
  return changeKey(kms, key('ProtectedResourceArn'), {
    deletionProtection: on,
    deletionProtectionDescription: on ? (params.DeletionProtectionDescription ?? '') : '',
  });
});
