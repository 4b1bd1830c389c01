import { ListAliases } from '@keyhold/api/kms/aliases.ts';
import { handler } from '../handler.ts';
import { pageOf } from '../paging.ts';
import { aliasRows } from './alias-rows.ts';

export const listAliases = handler(ListAliases, async (kms, { params, home }) => {
  const page = pageOf(params);
  const { total, rows } = await kms.store.aliases.list(home, page.request);
  return { Aliases: aliasRows(rows), ...page.counts(total) };
});
