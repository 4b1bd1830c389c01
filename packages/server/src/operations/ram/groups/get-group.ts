import { GetGroup } from '@keyhold/api/ram/groups.ts';
import { requireGroup } from '../../../ram/require.ts';
import { handler } from '../../handler.ts';
import { shownGroup } from './shown-group.ts';

export const getGroup = handler(GetGroup, async (kms, { params, caller }) => {
  return { Group: shownGroup(requireGroup(await kms.ram.get(caller.accountId), params.GroupName)) };
});
