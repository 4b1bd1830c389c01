import type { User } from '../../../ram/records.ts';
import { dateText } from '../../date-text.ts';

/** A user as CreateUser answers it. */
export function newUserShown(user: User) {
  return {
    UserId: user.userId,
    UserName: user.userName,
    DisplayName: user.displayName,
    MobilePhone: user.mobilePhone,
    Email: user.email,
    Comments: user.comments,
    CreateDate: dateText(user.createdAt),
  };
}

export function shownUser(user: User) {
  return { ...newUserShown(user), UpdateDate: dateText(user.updatedAt) };
}
