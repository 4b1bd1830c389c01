import { UpdateUser } from '@keyhold/api/ram/users.ts';
import { changeUser } from '../../../ram/users.ts';
import { handler } from '../../handler.ts';
import { given } from '../given.ts';
import { shownUser } from './shown-user.ts';

export const updateUser = handler(UpdateUser, async (kms, { params, caller, now }) => {
  const change = given({
    userName: params.NewUserName,
    displayName: params.NewDisplayName,
    mobilePhone: params.NewMobilePhone,
    email: params.NewEmail,
    comments: params.NewComments,
    updatedAt: now,
  });
  const user = await kms.ram.change(caller.accountId, (directory) =>
    changeUser(directory, params.UserName, change),
  );
  return { User: shownUser(user) };
});
