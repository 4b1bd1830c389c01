import { keyArn } from '@keyhold/api/arn.ts';
import { ListKeys } from '@keyhold/api/kms/keys.ts';
import { handler } from '../handler.ts';
import { pageOf } from '../paging.ts';

/** Keys of every state, oldest first. */
export const listKeys = handler(ListKeys, async (kms, { params, home, now }) => {
  const page = pageOf(params);
  const filters = (params.Filters ?? []).map(({ Key, Values }) => ({ field: Key, values: Values }));
  const { total, rows } = await kms.store.keys.list(home, filters, page.request, now);
  const Key = rows.map(({ keyId, region, accountId }) => ({
    KeyId: keyId,
    KeyArn: keyArn(region, accountId, keyId),
  }));
  return { Keys: { Key }, ...page.counts(total) };
});
