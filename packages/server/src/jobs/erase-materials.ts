import { eraseMaterial } from '../keys/erase-material.ts';
import type { Key } from '../keys/key.ts';
import type { DueJob } from './due-job.ts';
import { oneByOne } from './one-by-one.ts';

/**
 * Erases imported material that has expired. It has been answered as gone since then. What the store has let go of is
 * gone, also where the token that held it must be asked again.
 */
export const eraseMaterials: DueJob = {
  what: 'erasure',
  action: 'ExpireKeyMaterial',
  reason: 'the imported material has expired',
  final: true,
  work: oneByOne(async ({ store, keyring, onFailure }, key) => {
    const erase = (erased: Key) => keyring.erase(erased).catch(onFailure);
    const outcome = await eraseMaterial({ store, keyring: { erase } }, key);
    return outcome === 'replaced' ? {} : undefined;
  }),
};
