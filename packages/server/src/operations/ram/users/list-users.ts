import { ListUsers } from '@keyhold/api/ram/users.ts';
import { foldAscii } from '../../../access/policy/fold.ts';
import { handler } from '../../handler.ts';
import { pageOf } from '../paging.ts';
import { shownUser } from './shown-user.ts';

export const listUsers = handler(ListUsers, async (kms, { params, caller }) => {
  const { users } = await kms.ram.get(caller.accountId);
  const { page, truncation } = pageOf(users, ({ userName }) => foldAscii(userName), params);
  return { Users: { User: page.map(shownUser) }, ...truncation };
});
