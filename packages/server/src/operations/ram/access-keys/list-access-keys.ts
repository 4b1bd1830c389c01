import { ListAccessKeys } from '@keyhold/api/ram/access-keys.ts';
import { handler } from '../../handler.ts';
import { ownerOf } from './owner.ts';
import { shownAccessKey } from './shown-access-key.ts';

export const listAccessKeys = handler(ListAccessKeys, async (kms, { params, caller }) => {
  const directory = await kms.ram.get(caller.accountId);
  const accessKeys = directory.accessKeysOf(ownerOf(directory, caller, params.UserName));
  return { AccessKeys: { AccessKey: accessKeys.map(shownAccessKey) } };
});
