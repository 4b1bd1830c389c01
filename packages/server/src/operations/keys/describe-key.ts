import { DescribeKey } from '@keyhold/api/kms/keys.ts';
import { handler } from '../handler.ts';
import { keyMetadata } from './key-metadata.ts';

export const describeKey = handler(DescribeKey, (_, call) => {
  const key = call.key('KeyId');
  return {
    KeyMetadata: {
      ...keyMetadata(key),
      DeletionProtection: key.deletionProtection ? ('Enabled' as const) : ('Disabled' as const),
      ...(key.deletionProtection && { DeletionProtectionDescription: key.deletionProtectionDescription }),
    },
  };
});
