import { ListUsersForGroup } from '@keyhold/api/ram/groups.ts';
import { foldAscii } from '../../../access/policy/fold.ts';
import { requireGroup } from '../../../ram/require.ts';
import { dateText } from '../../date-text.ts';
import { handler } from '../../handler.ts';
import { pageOf } from '../paging.ts';

export const listUsersForGroup = handler(ListUsersForGroup, async (kms, { params, caller }) => {
  const directory = await kms.ram.get(caller.accountId);
  const members = requireGroup(directory, params.GroupName).members.flatMap(({ userId, joinedAt }) => {
    const user = directory.userById(userId);
    return user ? [{ user, joinedAt }] : [];
  });
  const { page, truncation } = pageOf(members, ({ user }) => foldAscii(user.userName), params);
  const User = page.map(({ user, joinedAt }) => ({
    UserName: user.userName,
    DisplayName: user.displayName,
    JoinDate: dateText(joinedAt),
  }));
  return { Users: { User }, ...truncation };
});
