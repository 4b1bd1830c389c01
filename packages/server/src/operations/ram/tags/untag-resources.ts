import { UntagResources } from '@keyhold/api/ram/tags.ts';
import { removeTags } from '../../../ram/tags.ts';
import { handler } from '../../handler.ts';

export const untagRamResources = handler(UntagResources, async (kms, { params, caller }) => {
  const tagKeys = params.All === true ? 'all' : (params.TagKeys ?? []);
  await kms.ram.change(caller.accountId, (directory) =>
    removeTags(directory, params.ResourceType, params.ResourceNames, tagKeys),
  );
  return {};
});
