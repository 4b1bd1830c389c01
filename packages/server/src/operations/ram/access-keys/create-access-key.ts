import { CreateAccessKey } from '@keyhold/api/ram/access-keys.ts';
import { newAccessKeyPair } from '../../../access/access-keys.ts';
import { makeAccessKey } from '../../../ram/access-keys.ts';
import { dateText } from '../../date-text.ts';
import { handler } from '../../handler.ts';
import { ownerOf } from './owner.ts';

export const createAccessKey = handler(CreateAccessKey, async (kms, { params, caller, now }) => {
  const pair = newAccessKeyPair();
  await kms.ram.change(caller.accountId, (directory) => {
    const owner = ownerOf(directory, caller, params.UserName);
    return makeAccessKey(directory, { do: 'make', pair, owner, createdAt: now });
  });
  return {
    AccessKey: {
      AccessKeyId: pair.id,
      AccessKeySecret: pair.secret,
      Status: 'Active' as const,
      CreateDate: dateText(now),
    },
  };
});
