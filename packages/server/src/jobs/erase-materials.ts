import { eraseMaterial } from '../keys/erase-material.ts';
import type { DueJob } from './due-job.ts';
import { oneByOne } from './one-by-one.ts';

/** Erases imported material that has expired. It has been answered as gone since then. */
export const eraseMaterials: DueJob = {
  what: 'erasure',
  action: 'ExpireKeyMaterial',
  reason: 'the imported material has expired',
  final: true,
  work: oneByOne(async (ports, key) => ((await eraseMaterial(ports, key)) === 'replaced' ? {} : undefined)),
};
