import { keyArn } from '@keyhold/api/arn.ts';
import { KMS } from '@keyhold/api/kms/product.ts';
import type { Key } from '../keys/key.ts';
import type { Entry } from '../trail/entry.ts';
import type { DueJob } from './due-job.ts';

/** What the trail keeps of something that the server does to a key by itself. */
export function serviceEntry({ action, reason }: DueJob, key: Key, time: number, requestId: string): Entry {
  return {
    kind: 'service',
    time,
    requestId,
    version: KMS.version,
    action,
    region: key.region,
    caller: { accountId: key.accountId, type: 'service', principalId: 'keyhold', accessKeyId: '' },
    sourceIp: 'Internal',
    userAgent: 'keyhold',
    tls: false,
    parameters: { KeyId: key.keyId },
    resources: [keyArn(key.region, key.accountId, key.keyId)],
    reasons: [reason],
  };
}
