import { UntagResource } from '@keyhold/api/kms/tags.ts';
import { handler } from '../handler.ts';

export const untagResource = handler(UntagResource, async (kms, { key, params }) => {
  await kms.store.tags.remove([key('KeyId').keyId], params.TagKeys);
  return {};
});
