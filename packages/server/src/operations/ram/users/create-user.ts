import { CreateUser } from '@keyhold/api/ram/users.ts';
import { newNumericId } from '../../../ram/new-id.ts';
import { makeUser } from '../../../ram/users.ts';
import { handler } from '../../handler.ts';
import { newUserShown } from './shown-user.ts';

export const createUser = handler(CreateUser, async (kms, { params, caller, now }) => {
  const user = {
    userId: newNumericId(),
    userName: params.UserName,
    displayName: params.DisplayName ?? '',
    mobilePhone: params.MobilePhone ?? '',
    email: params.Email ?? '',
    comments: params.Comments ?? '',
    createdAt: now,
    updatedAt: now,
  };
  await kms.ram.change(caller.accountId, (directory) => makeUser(directory, user));
  return { User: newUserShown(user) };
});
