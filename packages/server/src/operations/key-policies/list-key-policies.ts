import { KEY_POLICY_NAME, ListKeyPolicies } from '@keyhold/api/kms/key-policies.ts';
import { handler } from '../handler.ts';
import { pageOf } from '../paging.ts';

export const listKeyPolicies = handler(ListKeyPolicies, (_, { params }) => {
  const page = pageOf(params);
  const names = page.request.offset === 0 ? [KEY_POLICY_NAME] : [];
  return { PolicyNames: { PolicyName: names }, ...page.counts(1) };
});
