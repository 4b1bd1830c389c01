import { ListAliasesByKeyId } from '@keyhold/api/kms/aliases.ts';
import { handler } from '../handler.ts';
import { pageOf } from '../paging.ts';
import { shownAliases } from './shown-aliases.ts';

export const listAliasesByKeyId = handler(ListAliasesByKeyId, async (kms, { key, params }) => {
  const page = pageOf(params);
  const { total, rows } = await kms.store.aliases.listOfKey(key('KeyId').keyId, page.request);
  return { Aliases: shownAliases(rows), ...page.counts(total) };
});
