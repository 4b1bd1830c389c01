import { ListPoliciesForRole } from '@keyhold/api/ram/attachments.ts';
import { requireRole } from '../../../ram/require.ts';
import { handler } from '../../handler.ts';
import { attachedPolicies } from './attached-policies.ts';

export const listPoliciesForRole = handler(ListPoliciesForRole, async (kms, { params, caller }) => {
  const directory = await kms.ram.get(caller.accountId);
  return attachedPolicies(directory, 'role', requireRole(directory, params.RoleName).roleId);
});
