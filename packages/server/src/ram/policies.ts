import { ApiError } from '@keyhold/api/errors.ts';
import type { Directory } from './directory.ts';
import { LIMITS } from './limits.ts';
import type { RamPlan } from './plan.ts';
import type { CustomPolicy } from './records.ts';
import { refuse, requireRoom } from './require.ts';

/** Of the account's own, the only ones that can be changed. */
export const requireCustomPolicy = (directory: Directory, name: string): CustomPolicy =>
  directory.policy(name) ?? refuse('EntityNotExist.Policy', name);

/** Its name may be that of a system policy (RAM 8.3). */
export function makePolicy(directory: Directory, policy: CustomPolicy): RamPlan<CustomPolicy> {
  if (directory.policy(policy.policyName)) refuse('EntityAlreadyExists.Policy', policy.policyName);
  requireRoom('LimitExceeded.Policy', directory.policies.length, LIMITS.policies);
  return { result: policy, put: [['policy', policy]] };
}

export function describePolicy(
  directory: Directory,
  name: string,
  change: Pick<CustomPolicy, 'description' | 'updatedAt'>,
): RamPlan<CustomPolicy> {
  const changed = { ...requireCustomPolicy(directory, name), ...change };
  return { result: changed, put: [['policy', changed]] };
}

const STILL_ATTACHED = [
  ['user', 'DeleteConflict.Policy.User'],
  ['group', 'DeleteConflict.Policy.Group'],
  ['role', 'DeleteConflict.Role.Policy'],
] as const;

/** `cascading`: with its other versions; else it must have none. */
export function removePolicy(directory: Directory, name: string, cascading: boolean): RamPlan<void> {
  const policy = requireCustomPolicy(directory, name);
  const attachments = directory.attachmentsOf('Custom', policy.policyName);
  for (const [kind, code] of STILL_ATTACHED) {
    if (attachments.some(({ target }) => target.kind === kind)) throw new ApiError(code);
  }
  if (policy.versions.length > 1 && !cascading) throw new ApiError('DeleteConflict.Policy.Version');
  return { result: undefined, remove: [['policy', policy]] };
}
