import { UpdateGroup } from '@keyhold/api/ram/groups.ts';
import { changeGroup } from '../../../ram/groups.ts';
import { handler } from '../../handler.ts';
import { given } from '../given.ts';
import { shownGroup } from './shown-group.ts';

export const updateGroup = handler(UpdateGroup, async (kms, { params, caller, now }) => {
  const change = given({ groupName: params.NewGroupName, comments: params.NewComments, updatedAt: now });
  const group = await kms.ram.change(caller.accountId, (directory) =>
    changeGroup(directory, params.GroupName, change),
  );
  return { Group: shownGroup(group) };
});
