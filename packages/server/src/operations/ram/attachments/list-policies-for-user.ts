import { ListPoliciesForUser } from '@keyhold/api/ram/attachments.ts';
import { requireUser } from '../../../ram/require.ts';
import { handler } from '../../handler.ts';
import { attachedPolicies } from './attached-policies.ts';

export const listPoliciesForUser = handler(ListPoliciesForUser, async (kms, { params, caller }) => {
  const directory = await kms.ram.get(caller.accountId);
  return attachedPolicies(directory, 'user', requireUser(directory, params.UserName).userId);
});
