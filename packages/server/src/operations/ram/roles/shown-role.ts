import { identityArn } from '@keyhold/api/arn.ts';
import type { Role } from '../../../ram/records.ts';
import { dateText } from '../../date-text.ts';

export function shownRole(accountId: string, role: Role) {
  return {
    RoleId: role.roleId,
    RoleName: role.roleName,
    Arn: identityArn(accountId, 'role', role.roleName),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
    CreateDate: dateText(role.createdAt),
    UpdateDate: dateText(role.updatedAt),
  };
}

/** A role as GetRole answers it. */
export function shownRoleWithTrust(accountId: string, role: Role) {
  return { ...shownRole(accountId, role), AssumeRolePolicyDocument: role.trustPolicy };
}
