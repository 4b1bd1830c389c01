import { DeleteAccessKey } from '@keyhold/api/ram/access-keys.ts';
import { removeAccessKey } from '../../../ram/access-keys.ts';
import { handler } from '../../handler.ts';
import { ownerOf } from './owner.ts';

export const deleteAccessKey = handler(DeleteAccessKey, async (kms, { params, caller }) => {
  await kms.ram.change(caller.accountId, (directory) =>
    removeAccessKey(directory, ownerOf(directory, caller, params.UserName), params.UserAccessKeyId),
  );
  return {};
});
