import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of all files of the trail in a data directory. */
export function trailBytes(dataDir: string): number {
  return readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.startsWith('trail'))
    .map((path) => statSync(join(dataDir, path)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}
