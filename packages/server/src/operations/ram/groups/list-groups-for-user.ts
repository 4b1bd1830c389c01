import { ListGroupsForUser } from '@keyhold/api/ram/groups.ts';
import { requireUser } from '../../../ram/require.ts';
import { dateText } from '../../date-text.ts';
import { handler } from '../../handler.ts';

export const listGroupsForUser = handler(ListGroupsForUser, async (kms, { params, caller }) => {
  const directory = await kms.ram.get(caller.accountId);
  const { userId } = requireUser(directory, params.UserName);
  const Group = directory.groupsOf(userId).map(({ groupId, groupName, comments, members }) => ({
    GroupId: groupId,
    GroupName: groupName,
    Comments: comments,
    JoinDate: dateText(members.find((member) => member.userId === userId)?.joinedAt ?? null),
  }));
  return { Groups: { Group } };
});
