import { join, relative, resolve } from 'node:path';

/**
 * As the server reads its setting; not asked of the server, which is not installed wherever this command is. A test
 * compares them.
 */
export const dataDir = (): string => resolve(process.env.KEYHOLD_DATA_DIR?.trim() || './data');

/** Where the server leaves the pair it made at its first start. */
export const rootAccessKeyFile = (): string => join(dataDir(), 'root-access-key.json');

/** The path as short as it can be said here. */
export function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') ? path : near;
}
