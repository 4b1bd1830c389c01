import { ListAliases } from '@keyhold/api/kms/aliases.ts';
import { handler } from '../handler.ts';
import { pageOf } from '../paging.ts';
import { shownAliases } from './shown-aliases.ts';

export const listAliases = handler(ListAliases, async (kms, { params, home }) => {
  const page = pageOf(params);
  const { total, rows } = await kms.store.aliases.list(home, page.request);
  return { Aliases: shownAliases(rows), ...page.counts(total) };
});
