import { TagResources } from '@keyhold/api/kms/tags.ts';
import { handler } from '../handler.ts';
import { setTags } from './set-tags.ts';

export const tagResources = handler(TagResources, (kms, { params }) => {
  const tags = params.Tag.map(({ Key, Value }) => ({ tagKey: Key, tagValue: Value ?? '' }));
  return setTags(kms, [...new Set(params.ResourceId)], tags);
});
