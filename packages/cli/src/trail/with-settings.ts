import { existsSync } from 'node:fs';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import { openSqliteStore } from '@keyhold/server/store/open-store.ts';
import type { Settings } from '@keyhold/server/store/store.ts';

/** Lends the settings of the database in a data directory; undefined where there is no database. */
export async function withSettings<T>(
  directory: string,
  use: (settings: Settings) => Promise<T>,
): Promise<T | undefined> {
  const { database } = dataPaths(directory);
  if (!existsSync(database)) return undefined;
  const store = await openSqliteStore(database);
  try {
    return await use(store.settings);
  } finally {
    await store.close();
  }
}
