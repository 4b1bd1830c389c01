import { ListPolicies } from '@keyhold/api/ram/policies.ts';
import { foldAscii } from '../../../access/policy/fold.ts';
import { allPolicies } from '../../../ram/policy.ts';
import { carries } from '../../../ram/tags.ts';
import { handler } from '../../handler.ts';
import { pageOf } from '../paging.ts';
import { shownTags } from '../tags/tag-texts.ts';
import { shownPolicy } from './shown-policy.ts';

/** Custom policies first. */
export const listPolicies = handler(ListPolicies, async (kms, { params, caller }) => {
  const directory = await kms.ram.get(caller.accountId);
  const policies = allPolicies(directory)
    .filter(({ policyType }) => (params.PolicyType ?? policyType) === policyType)
    .filter(({ tags }) => carries(tags, params.Tag ?? []));
  const placeOf = ({ policyType, policyName }: (typeof policies)[number]) =>
    `${policyType} ${foldAscii(policyName)}`;
  const { page, truncation } = pageOf(policies, placeOf, params);
  const Policy = page.map((policy) => ({
    ...shownPolicy(policy),
    AttachmentCount: directory.attachmentsOf(policy.policyType, policy.policyName).length,
    Tags: shownTags(policy.tags),
  }));
  return { Policies: { Policy }, ...truncation };
});
