import { RemoveUserFromGroup } from '@keyhold/api/ram/groups.ts';
import { leave } from '../../../ram/groups.ts';
import { handler } from '../../handler.ts';

export const removeUserFromGroup = handler(RemoveUserFromGroup, async (kms, { params, caller }) => {
  const membership = { userName: params.UserName, groupName: params.GroupName };
  await kms.ram.change(caller.accountId, (directory) => leave(directory, membership));
  return {};
});
