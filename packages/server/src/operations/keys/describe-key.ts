import { DescribeKey } from '@keyhold/api/kms/keys.ts';
import { keyMetadata } from '../../keys/key-metadata.ts';
import { handler } from '../handler.ts';

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
