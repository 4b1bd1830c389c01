import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';

/** Bytes of the trail in a data directory. */
export function trailBytes(dataDir: string): number {
  const { trail } = dataPaths(dataDir);
  return readdirSync(trail).reduce((sum, name) => sum + statSync(join(trail, name)).size, 0);
}
