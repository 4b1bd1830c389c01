import { GetAccessKeyLastUsed } from '@keyhold/api/ram/access-keys.ts';
import { requireAccessKey } from '../../../ram/access-keys.ts';
import { dateText } from '../../date-text.ts';
import { handler } from '../../handler.ts';
import { ownerOf } from './owner.ts';

export const getAccessKeyLastUsed = handler(GetAccessKeyLastUsed, async (kms, { params, caller }) => {
  const directory = await kms.ram.get(caller.accountId);
  const owner = ownerOf(directory, caller, params.UserName);
  const { accessKeyId } = requireAccessKey(directory, owner, params.UserAccessKeyId);
  const lastUse = await kms.lastUses.of(accessKeyId);
  return { AccessKeyLastUsed: { LastUsedDate: dateText(lastUse ?? null) } };
});
