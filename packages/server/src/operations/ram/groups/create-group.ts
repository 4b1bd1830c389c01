import { CreateGroup } from '@keyhold/api/ram/groups.ts';
import { makeGroup } from '../../../ram/groups.ts';
import { newGroupId } from '../../../ram/new-id.ts';
import { handler } from '../../handler.ts';
import { newGroupShown } from './shown-group.ts';

export const createGroup = handler(CreateGroup, async (kms, { params, caller, now }) => {
  const group = {
    groupId: newGroupId(),
    groupName: params.GroupName,
    comments: params.Comments ?? '',
    createdAt: now,
    updatedAt: now,
    members: [],
  };
  await kms.ram.change(caller.accountId, (directory) => makeGroup(directory, group));
  return { Group: newGroupShown(group) };
});
