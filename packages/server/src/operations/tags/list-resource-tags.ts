import { ListResourceTags } from '@keyhold/api/kms/tags.ts';
import { handler } from '../handler.ts';

export const listResourceTags = handler(ListResourceTags, async (kms, { key }) => {
  const { keyId } = key('KeyId');
  const tags = await kms.store.tags.list(keyId);
  return {
    Tags: { Tag: tags.map(({ tagKey, tagValue }) => ({ KeyId: keyId, TagKey: tagKey, TagValue: tagValue })) },
  };
});
