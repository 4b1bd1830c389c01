import { GetPolicy } from '@keyhold/api/ram/policies.ts';
import { defaultVersionOf } from '../../../ram/policy.ts';
import { requirePolicy } from '../../../ram/require.ts';
import { handler } from '../../handler.ts';
import { shownPolicy, shownVersion } from './shown-policy.ts';

export const getPolicy = handler(GetPolicy, async (kms, { params, caller }) => {
  const directory = await kms.ram.get(caller.accountId);
  const policy = requirePolicy(directory, params.PolicyType, params.PolicyName);
  const version = defaultVersionOf(policy);
  return {
    Policy: {
      ...shownPolicy(policy),
      AttachmentCount: directory.attachmentsOf(policy.policyType, policy.policyName).length,
      PolicyDocument: version.document,
    },
    DefaultPolicyVersion: shownVersion(policy, version),
  };
});
