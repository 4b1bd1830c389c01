import { GetUser } from '@keyhold/api/ram/users.ts';
import { requireUser } from '../../../ram/require.ts';
import { handler } from '../../handler.ts';
import { shownUser } from './shown-user.ts';

/** There is no console, so nobody ever logged in. */
export const getUser = handler(GetUser, async (kms, { params, caller }) => {
  const user = requireUser(await kms.ram.get(caller.accountId), params.UserName);
  return { User: { ...shownUser(user), LastLoginDate: '' } };
});
