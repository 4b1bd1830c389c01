import { DetachPolicyFromUser } from '@keyhold/api/ram/attachments.ts';
import { detach } from '../../../ram/attachments.ts';
import { handler } from '../../handler.ts';
import { wanted } from './wanted.ts';

export const detachPolicyFromUser = handler(DetachPolicyFromUser, async (kms, { params, caller }) => {
  await kms.ram.change(caller.accountId, (directory) =>
    detach(directory, wanted(params, 'user', params.UserName)),
  );
  return {};
});
