import type { Key } from '../keys/key.ts';
import type { DueJob, WorkPorts } from './due-job.ts';

/**
 * Removes keys whose deletion date has come, with their versions, aliases and tags. Until it has, they are there, and
 * their deletion can be cancelled.
 */
export const destroyKeys: DueJob = {
  what: 'destruction',
  action: 'DestroyKey',
  reason: 'the deletion date has come',
  final: true,
  async work({ store, keyring, ram, onFailure }, keys, now) {
    const destroyed = await store.keys.destroyDue(
      keys.map(({ keyId }) => keyId),
      now,
    );
    for (const key of destroyed) await keyring.erase(key).catch(onFailure);
    await forgetPolicies(ram, destroyed);
    return new Map(destroyed.map(({ keyId }) => [keyId, {}]));
  },
};

/** A policy that a crash leaves behind names a key id that is never used again. */
async function forgetPolicies(ram: WorkPorts['ram'], destroyed: readonly Key[]): Promise<void> {
  for (const [accountId, keys] of Map.groupBy(destroyed, (key) => key.accountId)) {
    await ram.change(accountId, (directory) => ({
      result: undefined,
      remove: keys
        .filter(({ keyId }) => directory.keyPolicyText(keyId) !== undefined)
        .map(({ keyId }) => ['key-policy', { keyId, document: '', updatedAt: 0 }] as const),
    }));
  }
}
