import { ApiError } from '@keyhold/api/errors.ts';
import type { AccessKey } from '../store/store.ts';
import type { Directory } from './directory.ts';
import { LIMITS } from './limits.ts';
import type { AccessKeyStep, RamPlan } from './plan.ts';
import { refuse, requireRoom } from './require.ts';

/** Owner of the access keys of the account itself. */
export const ROOT = 'root';

/** `owner`: a user id, or the account itself. */
export function makeAccessKey(
  directory: Directory,
  step: Extract<AccessKeyStep, { do: 'make' }>,
): RamPlan<void> {
  const held = directory.accessKeysOf(step.owner).length;
  requireRoom('LimitExceeded.User.AccessKey', held, LIMITS.accessKeysPerUser);
  return { result: undefined, accessKey: step };
}

export function switchAccessKey(
  directory: Directory,
  owner: string,
  accessKeyId: string,
  status: AccessKey['status'],
): RamPlan<void> {
  const accessKey = requireAccessKey(directory, owner, accessKeyId);
  if (accessKey.status === status) return { result: undefined };
  if (status === 'Inactive') requireAnother(directory, accessKey);
  return { result: undefined, accessKey: { do: 'switch', accessKey, status } };
}

export function removeAccessKey(directory: Directory, owner: string, accessKeyId: string): RamPlan<void> {
  const accessKey = requireAccessKey(directory, owner, accessKeyId);
  requireAnother(directory, accessKey);
  return { result: undefined, accessKey: { do: 'remove', accessKeyId } };
}

export function requireAccessKey(directory: Directory, owner: string, accessKeyId: string): AccessKey {
  const found = directory.accessKey(accessKeyId);
  return found?.owner === owner ? found : refuse('EntityNotExist.User.AccessKey', accessKeyId);
}

/** There is no other way into an account than an active access key of its own. */
function requireAnother(directory: Directory, accessKey: AccessKey): void {
  if (accessKey.owner !== ROOT || accessKey.status !== 'Active') return;
  const active = directory.accessKeysOf(ROOT).filter(({ status }) => status === 'Active');
  if (active.length > 1) return;
  const message =
    `${accessKey.accessKeyId} is the last active access key of the account itself: ` +
    'make another one, use it, and then delete this one or switch it off.';
  throw new ApiError('DeleteConflict.User.AccessKey', {}, { message });
}
