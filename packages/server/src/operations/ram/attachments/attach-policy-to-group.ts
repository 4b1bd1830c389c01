import { AttachPolicyToGroup } from '@keyhold/api/ram/attachments.ts';
import { attach } from '../../../ram/attachments.ts';
import { handler } from '../../handler.ts';
import { wanted } from './wanted.ts';

export const attachPolicyToGroup = handler(AttachPolicyToGroup, async (kms, { params, caller, now }) => {
  await kms.ram.change(caller.accountId, (directory) =>
    attach(directory, wanted(params, 'group', params.GroupName), now),
  );
  return {};
});
