import { CreateRole, MIN_MAX_SESSION_SECONDS } from '@keyhold/api/ram/roles.ts';
import { newNumericId } from '../../../ram/new-id.ts';
import { makeRole } from '../../../ram/roles.ts';
import { handler } from '../../handler.ts';
import { tagsOf } from '../tags/tag-texts.ts';
import { shownRoleWithTrust } from './shown-role.ts';
import { requireTrust } from './trust.ts';

export const createRole = handler(CreateRole, async (kms, { params, caller, now }) => {
  const role = {
    roleId: newNumericId(),
    roleName: params.RoleName,
    description: params.Description ?? '',
    trustPolicy: params.AssumeRolePolicyDocument,
    maxSessionSeconds: params.MaxSessionDuration ?? MIN_MAX_SESSION_SECONDS,
    tags: tagsOf(params.Tag),
    createdAt: now,
    updatedAt: now,
  };
  await kms.ram.change(caller.accountId, async (directory) => {
    await requireTrust(kms, directory, role.trustPolicy);
    return makeRole(directory, role);
  });
  const { UpdateDate: _, ...shown } = shownRoleWithTrust(caller.accountId, role);
  return { Role: shown };
});
