import { ListTagResources } from '@keyhold/api/ram/tags.ts';
import { taggedResources } from '../../../ram/tags.ts';
import { handler } from '../../handler.ts';
import { pageAfter } from '../paging.ts';

/** Where the vendor gives no number. */
const DEFAULT_PAGE_SIZE = 50;

export const listRamTagResources = handler(ListTagResources, async (kms, { params, caller }) => {
  const { ResourceType, ResourceNames, Tag = [], NextToken, PageSize = DEFAULT_PAGE_SIZE } = params;
  const directory = await kms.ram.get(caller.accountId);
  const tagged = taggedResources(directory, ResourceType, ResourceNames, Tag);
  const wanted = { marker: NextToken, maxItems: PageSize };
  const { page, next } = pageAfter(tagged, ({ place }) => place, wanted, 'NextToken');
  const TagResources = page.map(({ name, tag }) => ({
    ResourceType,
    ResourceName: name,
    TagKey: tag.tagKey,
    TagValue: tag.tagValue,
  }));
  return { TagResources, NextToken: next ?? '' };
});
