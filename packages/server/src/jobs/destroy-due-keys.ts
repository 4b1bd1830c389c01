import { keyArn } from '@keyhold/api/arn.ts';
import { KMS } from '@keyhold/api/kms/product.ts';
import type { Key } from '../keys/key.ts';
import type { Store } from '../store/store.ts';
import type { Entry } from '../trail/entry.ts';
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
 * answered as gone since that date; this makes it final. Safe to repeat and to interrupt: nothing is destroyed
 * before its intent is in the trail.
 */
export async function destroyDueKeys(ports: JobPorts): Promise<number> {
  let destroyed = 0;
  for (;;) {
    const now = ports.now();
    const requestIds = new Map<string, string>();
    for (const key of await ports.store.keys.listDue(now, AT_ONCE)) {
      const requestId = ports.newId();
      requestIds.set(key.keyId, requestId);
      await ports.trail.append({ ...entryOf(key, now, requestId), kind: 'intent' });
    }
    if (requestIds.size === 0) return destroyed;
    const keys = await ports.store.keys.destroyDue(now, AT_ONCE);
    for (const key of keys) {
      await ports.trail.append(entryOf(key, now, requestIds.get(key.keyId) ?? ports.newId()));
    }
    destroyed += keys.length;
    if (keys.length < AT_ONCE) return destroyed;
  }
}

function entryOf(key: Key, time: number, requestId: string): Entry {
  return {
    kind: 'service',
    time,
    requestId,
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
  };
}
