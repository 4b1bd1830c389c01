import { rootArn } from '@keyhold/api/arn.ts';

/**
 * What a key without a policy of its own answers: the same in words. The account may do everything, everybody
 * else what RAM says. The vendor's text names everybody in the account, whom storing it back would then let in.
 */
export const defaultKeyPolicy = (accountId: string): string =>
  JSON.stringify({
    Version: '1',
    Statement: [
      {
        Sid: 'kms default key policy',
        Effect: 'Allow',
        Principal: { RAM: [rootArn(accountId)] },
        Action: ['kms:*'],
        Resource: ['*'],
      },
    ],
  });
