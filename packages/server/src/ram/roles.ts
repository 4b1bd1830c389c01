import { ApiError } from '@keyhold/api/errors.ts';
import type { Directory } from './directory.ts';
import { LIMITS } from './limits.ts';
import type { RamPlan } from './plan.ts';
import type { Role } from './records.ts';
import { refuse, requireRole, requireRoom } from './require.ts';

export function makeRole(directory: Directory, role: Role): RamPlan<Role> {
  if (directory.role(role.roleName)) refuse('EntityAlreadyExists.Role', role.roleName);
  requireRoom('LimitExceeded.Role', directory.roles.length, LIMITS.roles);
  return { result: role, put: [['role', role]] };
}

export function changeRole(
  directory: Directory,
  name: string,
  change: Partial<Pick<Role, 'trustPolicy' | 'description' | 'maxSessionSeconds' | 'updatedAt'>>,
): RamPlan<Role> {
  const changed = { ...requireRole(directory, name), ...change };
  return { result: changed, put: [['role', changed]] };
}

export function removeRole(directory: Directory, name: string): RamPlan<void> {
  const role = requireRole(directory, name);
  if (directory.attachmentsTo('role', role.roleId).length > 0) {
    throw new ApiError('DeleteConflict.Role.Policy');
  }
  return { result: undefined, remove: [['role', role]] };
}
