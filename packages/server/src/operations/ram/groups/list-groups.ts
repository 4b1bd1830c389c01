import { ListGroups } from '@keyhold/api/ram/groups.ts';
import { foldAscii } from '../../../access/policy/fold.ts';
import { handler } from '../../handler.ts';
import { pageOf } from '../paging.ts';
import { shownGroup } from './shown-group.ts';

export const listGroups = handler(ListGroups, async (kms, { params, caller }) => {
  const { groups } = await kms.ram.get(caller.accountId);
  const { page, truncation } = pageOf(groups, ({ groupName }) => foldAscii(groupName), params);
  return { Groups: { Group: page.map(shownGroup) }, ...truncation };
});
