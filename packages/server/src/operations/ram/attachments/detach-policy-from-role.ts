import { DetachPolicyFromRole } from '@keyhold/api/ram/attachments.ts';
import { detach } from '../../../ram/attachments.ts';
import { handler } from '../../handler.ts';
import { wanted } from './wanted.ts';

export const detachPolicyFromRole = handler(DetachPolicyFromRole, async (kms, { params, caller }) => {
  await kms.ram.change(caller.accountId, (directory) =>
    detach(directory, wanted(params, 'role', params.RoleName)),
  );
  return {};
});
