import { DetachPolicyFromGroup } from '@keyhold/api/ram/attachments.ts';
import { detach } from '../../../ram/attachments.ts';
import { handler } from '../../handler.ts';
import { wanted } from './wanted.ts';

export const detachPolicyFromGroup = handler(DetachPolicyFromGroup, async (kms, { params, caller }) => {
  await kms.ram.change(caller.accountId, (directory) =>
    detach(directory, wanted(params, 'group', params.GroupName)),
  );
  return {};
});
