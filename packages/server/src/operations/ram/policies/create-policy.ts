import { CreatePolicy } from '@keyhold/api/ram/policies.ts';
import { makePolicy } from '../../../ram/policies.ts';
import { readDocument } from '../../../ram/policy-document.ts';
import { handler } from '../../handler.ts';
import { tagsOf } from '../tags/tag-texts.ts';
import { newPolicyShown } from './shown-policy.ts';

export const createPolicy = handler(CreatePolicy, async (kms, { params, caller, now }) => {
  readDocument(params.PolicyDocument, 'identity');
  const policy = {
    policyName: params.PolicyName,
    description: params.Description ?? '',
    versions: [{ versionId: 'v1', document: params.PolicyDocument, createdAt: now }],
    defaultVersion: 'v1',
    nextVersion: 2,
    tags: tagsOf(params.Tag),
    createdAt: now,
    updatedAt: now,
  };
  await kms.ram.change(caller.accountId, (directory) => makePolicy(directory, policy));
  return { Policy: newPolicyShown({ policyType: 'Custom', ...policy }) };
});
