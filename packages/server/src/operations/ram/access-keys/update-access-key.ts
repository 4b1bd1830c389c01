import { UpdateAccessKey } from '@keyhold/api/ram/access-keys.ts';
import { switchAccessKey } from '../../../ram/access-keys.ts';
import { handler } from '../../handler.ts';
import { ownerOf } from './owner.ts';

export const updateAccessKey = handler(UpdateAccessKey, async (kms, { params, caller }) => {
  await kms.ram.change(caller.accountId, (directory) => {
    const owner = ownerOf(directory, caller, params.UserName);
    return switchAccessKey(directory, owner, params.UserAccessKeyId, params.Status);
  });
  return {};
});
