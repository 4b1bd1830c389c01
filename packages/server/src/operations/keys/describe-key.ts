import { DescribeKey } from '@keyhold/api/kms/keys.ts';
import { dateText } from '../date-text.ts';
import { handler } from '../handler.ts';
import { keyMetadata } from './key-metadata.ts';

export const describeKey = handler(DescribeKey, async (kms, call) => {
  const key = call.key('KeyId');
  const usedAt = await kms.versionUses.lastUse(key.keyId);
  return {
    KeyMetadata: {
      ...keyMetadata(key),
      DeletionProtection: key.deletionProtection ? ('Enabled' as const) : ('Disabled' as const),
      ...(key.deletionProtection && { DeletionProtectionDescription: key.deletionProtectionDescription }),
      ...(usedAt !== null && { LastUsedDate: dateText(usedAt) }),
    },
  };
});
