import { ListRoles } from '@keyhold/api/ram/roles.ts';
import { foldAscii } from '../../../access/policy/fold.ts';
import { carries } from '../../../ram/tags.ts';
import { handler } from '../../handler.ts';
import { pageOf } from '../paging.ts';
import { shownTags } from '../tags/tag-texts.ts';
import { shownRole } from './shown-role.ts';

export const listRoles = handler(ListRoles, async (kms, { params, caller: { accountId } }) => {
  const { roles } = await kms.ram.get(accountId);
  const carrying = roles.filter(({ tags }) => carries(tags, params.Tag ?? []));
  const { page, truncation } = pageOf(carrying, ({ roleName }) => foldAscii(roleName), params);
  const Role = page.map((role) => ({ ...shownRole(accountId, role), Tags: shownTags(role.tags) }));
  return { Roles: { Role }, ...truncation };
});
