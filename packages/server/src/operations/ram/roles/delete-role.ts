import { DeleteRole } from '@keyhold/api/ram/roles.ts';
import { removeRole } from '../../../ram/roles.ts';
import { handler } from '../../handler.ts';

export const deleteRole = handler(DeleteRole, async (kms, { params, caller }) => {
  await kms.ram.change(caller.accountId, (directory) => removeRole(directory, params.RoleName));
  return {};
});
