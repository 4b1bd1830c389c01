import { DescribeAccountKmsStatus } from '@keyhold/api/kms/service.ts';
import { handler } from '../handler.ts';

export const describeAccountKmsStatus = handler(DescribeAccountKmsStatus, () => ({
  AccountStatus: 'Enabled' as const,
}));
