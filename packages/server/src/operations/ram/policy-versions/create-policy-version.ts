import { CreatePolicyVersion } from '@keyhold/api/ram/policy-versions.ts';
import { readDocument } from '../../../ram/policy-document.ts';
import { addVersion } from '../../../ram/policy-versions.ts';
import { handler } from '../../handler.ts';
import { shownVersion } from '../policies/shown-policy.ts';

export const createPolicyVersion = handler(CreatePolicyVersion, async (kms, { params, caller, now }) => {
  readDocument(params.PolicyDocument, 'identity');
  const wanted = {
    policyName: params.PolicyName,
    document: params.PolicyDocument,
    setAsDefault: params.SetAsDefault === true,
    rotate: params.RotateStrategy === 'DeleteOldestNonDefaultVersionWhenLimitExceeded',
  };
  const { policy, version } = await kms.ram.change(caller.accountId, (directory) =>
    addVersion(directory, wanted, now),
  );
  return { PolicyVersion: shownVersion(policy, version) };
});
