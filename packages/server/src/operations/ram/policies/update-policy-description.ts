import { UpdatePolicyDescription } from '@keyhold/api/ram/policies.ts';
import { describePolicy } from '../../../ram/policies.ts';
import { handler } from '../../handler.ts';
import { shownPolicy } from './shown-policy.ts';

export const updatePolicyDescription = handler(
  UpdatePolicyDescription,
  async (kms, { params, caller, now }) => {
    const change = { description: params.NewDescription, updatedAt: now };
    const policy = await kms.ram.change(caller.accountId, (directory) =>
      describePolicy(directory, params.PolicyName, change),
    );
    return { Policy: shownPolicy({ policyType: 'Custom', ...policy }) };
  },
);
