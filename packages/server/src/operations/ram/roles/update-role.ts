import { UpdateRole } from '@keyhold/api/ram/roles.ts';
import { changeRole } from '../../../ram/roles.ts';
import { handler } from '../../handler.ts';
import { given } from '../given.ts';
import { shownRoleWithTrust } from './shown-role.ts';
import { requireTrust } from './trust.ts';

export const updateRole = handler(UpdateRole, async (kms, { params, caller: { accountId }, now }) => {
  const trustPolicy = params.NewAssumeRolePolicyDocument;
  const change = given({
    trustPolicy,
    description: params.NewDescription,
    maxSessionSeconds: params.NewMaxSessionDuration,
    updatedAt: now,
  });
  const role = await kms.ram.change(accountId, async (directory) => {
    if (trustPolicy !== undefined) await requireTrust(kms, directory, trustPolicy);
    return changeRole(directory, params.RoleName, change);
  });
  return { Role: shownRoleWithTrust(accountId, role) };
});
