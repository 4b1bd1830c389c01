import { AddUserToGroup } from '@keyhold/api/ram/groups.ts';
import { join } from '../../../ram/groups.ts';
import { handler } from '../../handler.ts';

export const addUserToGroup = handler(AddUserToGroup, async (kms, { params, caller, now }) => {
  const membership = { userName: params.UserName, groupName: params.GroupName };
  await kms.ram.change(caller.accountId, (directory) => join(directory, membership, now));
  return {};
});
