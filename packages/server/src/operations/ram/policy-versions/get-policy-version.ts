import { GetPolicyVersion } from '@keyhold/api/ram/policy-versions.ts';
import { findVersion } from '../../../ram/policy.ts';
import { refuse, requirePolicy } from '../../../ram/require.ts';
import { handler } from '../../handler.ts';
import { shownVersion } from '../policies/shown-policy.ts';

export const getPolicyVersion = handler(GetPolicyVersion, async (kms, { params, caller }) => {
  const directory = await kms.ram.get(caller.accountId);
  const policy = requirePolicy(directory, params.PolicyType, params.PolicyName);
  const version =
    findVersion(policy, params.VersionId) ?? refuse('EntityNotExist.Policy.Version', params.VersionId);
  return { PolicyVersion: shownVersion(policy, version) };
});
