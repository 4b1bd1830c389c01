import { ApiError } from '@keyhold/api/errors.ts';
import type { Directory } from './directory.ts';
import { LIMITS } from './limits.ts';
import type { RamPlan } from './plan.ts';
import type { Group } from './records.ts';
import { refuse, requireGroup, requireRoom, requireUser } from './require.ts';

export function makeGroup(directory: Directory, group: Group): RamPlan<Group> {
  if (directory.group(group.groupName)) refuse('EntityAlreadyExists.Group', group.groupName);
  requireRoom('LimitExceeded.Group', directory.groups.length, LIMITS.groups);
  return { result: group, put: [['group', group]] };
}

/** A new name may be the old one in other letters. */
export function changeGroup(directory: Directory, name: string, change: Partial<Group>): RamPlan<Group> {
  const group = requireGroup(directory, name);
  const changed = { ...group, ...change };
  const holder = directory.group(changed.groupName);
  if (holder && holder !== group) refuse('EntityAlreadyExists.Group', changed.groupName);
  return { result: changed, put: [['group', changed]] };
}

export function removeGroup(directory: Directory, name: string): RamPlan<void> {
  const group = requireGroup(directory, name);
  if (group.members.length > 0) throw new ApiError('DeleteConflict.Group.User');
  if (directory.attachmentsTo('group', group.groupId).length > 0) {
    throw new ApiError('DeleteConflict.Group.Policy');
  }
  return { result: undefined, remove: [['group', group]] };
}

interface Membership {
  readonly userName: string;
  readonly groupName: string;
}

export function join(directory: Directory, { userName, groupName }: Membership, now: number): RamPlan<void> {
  const { userId } = requireUser(directory, userName);
  const group = requireGroup(directory, groupName);
  const joined = directory.groupsOf(userId);
  if (joined.includes(group)) refuse('EntityAlreadyExists.User.Group', group.groupName);
  requireRoom('LimitExceeded.User.Group', joined.length, LIMITS.groupsPerUser);
  const members = [...group.members, { userId, joinedAt: now }];
  return { result: undefined, put: [['group', { ...group, members }]] };
}

export function leave(directory: Directory, { userName, groupName }: Membership): RamPlan<void> {
  const { userId } = requireUser(directory, userName);
  const group = requireGroup(directory, groupName);
  const members = group.members.filter((member) => member.userId !== userId);
  if (members.length === group.members.length) refuse('EntityNotExist.User.Group', group.groupName);
  return { result: undefined, put: [['group', { ...group, members }]] };
}
