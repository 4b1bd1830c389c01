import { ListPolicyVersions } from '@keyhold/api/ram/policy-versions.ts';
import { requirePolicy } from '../../../ram/require.ts';
import { handler } from '../../handler.ts';
import { shownVersion } from '../policies/shown-policy.ts';

export const listPolicyVersions = handler(ListPolicyVersions, async (kms, { params, caller }) => {
  const directory = await kms.ram.get(caller.accountId);
  const policy = requirePolicy(directory, params.PolicyType, params.PolicyName);
  return {
    PolicyVersions: { PolicyVersion: policy.versions.map((version) => shownVersion(policy, version)) },
  };
});
