import { keyArn } from '@keyhold/api/arn.ts';
import { KMS } from '@keyhold/api/kms/product.ts';
import type { Key } from '../keys/key.ts';
import type { Store } from '../store/store.ts';
import type { Trail } from '../trail/trail.ts';

const AT_ONCE = 100;

interface JobPorts {
  readonly store: Store;
  readonly trail: Trail;
  readonly now: () => number;
  readonly newId: () => string;
}

/**
 * Removes the keys whose deletion date has come, with their versions, aliases and tags. They have been
 * answered as gone since that date; this makes it final. Safe to repeat and to interrupt.
 */
export async function destroyDueKeys(ports: JobPorts): Promise<number> {
  let destroyed = 0;
  for (;;) {
    const keys = await ports.store.keys.destroyDue(ports.now(), AT_ONCE);
    for (const key of keys) await record(ports, key);
    destroyed += keys.length;
    if (keys.length < AT_ONCE) return destroyed;
  }
}

function record({ trail, now, newId }: JobPorts, key: Key): Promise<void> {
  return trail.append({
    kind: 'service',
    time: now(),
    requestId: newId(),
    version: KMS.version,
    action: 'DestroyKey',
    region: key.region,
    caller: { accountId: key.accountId, type: 'service', principalId: 'keyhold', accessKeyId: '' },
    sourceIp: 'Internal',
    userAgent: 'keyhold',
    tls: false,
    parameters: { KeyId: key.keyId },
    resources: [keyArn(key.region, key.accountId, key.keyId)],
    reasons: ['the deletion date has come'],
  });
}
