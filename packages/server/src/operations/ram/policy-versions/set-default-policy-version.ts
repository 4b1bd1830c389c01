import { SetDefaultPolicyVersion } from '@keyhold/api/ram/policy-versions.ts';
import { setDefaultVersion } from '../../../ram/policy-versions.ts';
import { handler } from '../../handler.ts';

export const setDefaultPolicyVersion = handler(
  SetDefaultPolicyVersion,
  async (kms, { params, caller, now }) => {
    await kms.ram.change(caller.accountId, (directory) =>
      setDefaultVersion(directory, params.PolicyName, params.VersionId, now),
    );
    return {};
  },
);
