import type { DueJob } from './due-job.ts';

/**
 * Removes keys whose deletion date has come, with their versions, aliases and tags. They have been answered as gone
 * since that date; this makes it final.
 */
export const destroyKeys: DueJob = {
  what: 'destruction',
  action: 'DestroyKey',
  reason: 'the deletion date has come',
  final: true,
  async work({ store, keyring }, keys, now) {
    const destroyed = await store.keys.destroyDue(
      keys.map(({ keyId }) => keyId),
      now,
    );
    for (const key of destroyed) await keyring.erase(key);
    return new Map(destroyed.map(({ keyId }) => [keyId, {}]));
  },
};
