import { DeletePolicyVersion } from '@keyhold/api/ram/policy-versions.ts';
import { removeVersion } from '../../../ram/policy-versions.ts';
import { handler } from '../../handler.ts';

export const deletePolicyVersion = handler(DeletePolicyVersion, async (kms, { params, caller, now }) => {
  await kms.ram.change(caller.accountId, (directory) =>
    removeVersion(directory, params.PolicyName, params.VersionId, now),
  );
  return {};
});
