import { DeletePolicy } from '@keyhold/api/ram/policies.ts';
import { removePolicy } from '../../../ram/policies.ts';
import { handler } from '../../handler.ts';

export const deletePolicy = handler(DeletePolicy, async (kms, { params, caller }) => {
  await kms.ram.change(caller.accountId, (directory) =>
    removePolicy(directory, params.PolicyName, params.CascadingDelete === true),
  );
  return {};
});
