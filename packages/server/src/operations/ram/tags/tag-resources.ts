import { TagResources } from '@keyhold/api/ram/tags.ts';
import { setTags } from '../../../ram/tags.ts';
import { handler } from '../../handler.ts';
import { tagsOf } from './tag-texts.ts';

export const tagRamResources = handler(TagResources, async (kms, { params, caller }) => {
  await kms.ram.change(caller.accountId, (directory) =>
    setTags(directory, params.ResourceType, params.ResourceNames, tagsOf(params.Tag)),
  );
  return {};
});
