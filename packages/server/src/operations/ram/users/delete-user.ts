import { DeleteUser } from '@keyhold/api/ram/users.ts';
import { removeUser } from '../../../ram/users.ts';
import { handler } from '../../handler.ts';

export const deleteUser = handler(DeleteUser, async (kms, { params, caller }) => {
  await kms.ram.change(caller.accountId, (directory) => removeUser(directory, params.UserName));
  return {};
});
