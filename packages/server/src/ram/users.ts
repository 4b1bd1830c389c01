import { ApiError } from '@keyhold/api/errors.ts';
import type { Directory } from './directory.ts';
import { LIMITS } from './limits.ts';
import type { RamPlan } from './plan.ts';
import type { User } from './records.ts';
import { refuse, requireRoom, requireUser } from './require.ts';

export function makeUser(directory: Directory, user: User): RamPlan<User> {
  if (directory.user(user.userName)) refuse('EntityAlreadyExists.User', user.userName);
  requireRoom('LimitExceeded.User', directory.users.length, LIMITS.users);
  return { result: user, put: [['user', user]] };
}

/** A new name may be the old one in other letters. */
export function changeUser(directory: Directory, name: string, change: Partial<User>): RamPlan<User> {
  const user = requireUser(directory, name);
  const changed = { ...user, ...change };
  const holder = directory.user(changed.userName);
  if (holder && holder !== user) refuse('EntityAlreadyExists.User', changed.userName);
  return { result: changed, put: [['user', changed]] };
}

export function removeUser(directory: Directory, name: string): RamPlan<void> {
  const user = requireUser(directory, name);
  const { userId } = user;
  if (directory.accessKeysOf(userId).length > 0) throw new ApiError('DeleteConflict.User.AccessKey');
  if (directory.groupsOf(userId).length > 0) throw new ApiError('DeleteConflict.User.Group');
  if (directory.attachmentsTo('user', userId).length > 0) throw new ApiError('DeleteConflict.User.Policy');
  return { result: undefined, remove: [['user', user]] };
}
