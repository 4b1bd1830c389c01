import { ApiError } from '@keyhold/api/errors.ts';
import { MAX_TAGS } from '@keyhold/api/kms/tags.ts';
import type { Kms } from '../../kms.ts';
import type { Tag } from '../../store/store.ts';

/** Sets tags on all keys or none. A key holds at most 20 (KMS semantics 22). */
export async function setTags(
  kms: Kms,
  keyIds: readonly string[],
  tags: readonly Tag[],
): Promise<Record<string, never>> {
  const outcome = await kms.store.tags.set(keyIds, tags, MAX_TAGS);
  if (outcome === 'limit')
    throw new ApiError('Rejected.LimitExceeded', { limit: MAX_TAGS, what: 'tags of a key' });
  return {};
}
