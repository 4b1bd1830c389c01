import { relative } from 'node:path';
import { readDataDir } from '@keyhold/server/config.ts';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';

export const dataDir = (): string => readDataDir(process.env);

/** Where the server leaves the pair it made at its first start. */
export const rootAccessKeyFile = (): string => dataPaths(dataDir()).rootAccessKey;

/** The path as short as it can be said here. */
export function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') ? path : near;
}
