import { UntagResources } from '@keyhold/api/kms/tags.ts';
import { handler } from '../handler.ts';

export const untagResources = handler(UntagResources, async (kms, { params }) => {
  await kms.store.tags.remove([...new Set(params.ResourceId)], params.TagKey ?? 'all');
  return {};
});
