import { GetRole } from '@keyhold/api/ram/roles.ts';
import { requireRole } from '../../../ram/require.ts';
import { handler } from '../../handler.ts';
import { shownRoleWithTrust } from './shown-role.ts';

export const getRole = handler(GetRole, async (kms, { params, caller: { accountId } }) => {
  const role = requireRole(await kms.ram.get(accountId), params.RoleName);
  return { Role: shownRoleWithTrust(accountId, role) };
});
