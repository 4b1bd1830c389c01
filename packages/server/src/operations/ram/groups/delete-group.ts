import { DeleteGroup } from '@keyhold/api/ram/groups.ts';
import { removeGroup } from '../../../ram/groups.ts';
import { handler } from '../../handler.ts';

export const deleteGroup = handler(DeleteGroup, async (kms, { params, caller }) => {
  await kms.ram.change(caller.accountId, (directory) => removeGroup(directory, params.GroupName));
  return {};
});
