import { TagResource } from '@keyhold/api/kms/tags.ts';
import { handler } from '../handler.ts';
import { setTags } from './set-tags.ts';

export const tagResource = handler(TagResource, (kms, { key, params }) => {
  const tags = params.Tags.map(({ TagKey, TagValue }) => ({ tagKey: TagKey, tagValue: TagValue }));
  return setTags(kms, [key('KeyId').keyId], tags);
});
