import { ListPoliciesForGroup } from '@keyhold/api/ram/attachments.ts';
import { requireGroup } from '../../../ram/require.ts';
import { handler } from '../../handler.ts';
import { attachedPolicies } from './attached-policies.ts';

export const listPoliciesForGroup = handler(ListPoliciesForGroup, async (kms, { params, caller }) => {
  const directory = await kms.ram.get(caller.accountId);
  return attachedPolicies(directory, 'group', requireGroup(directory, params.GroupName).groupId);
});
