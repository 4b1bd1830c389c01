import { mkdir, readdir } from 'node:fs/promises';
import type { Config } from './config.ts';
import { dataPaths, RESTORING } from './files/data-paths.ts';
import { exists } from './files/exists.ts';
import { TokenUnavailable } from './hsm/token.ts';
import type { DomainKey } from './keys/domain-key.ts';
import { openDomainKey } from './root/open-domain-key.ts';
import { StartError } from './start-error.ts';
import { openSqliteStore } from './store/open-store.ts';
import type { Store } from './store/store.ts';

export interface OpenData {
  readonly store: Store;
  readonly domainKey: DomainKey;
}

/**
 * Opens the database of a data directory, which exists, and the domain key in it, making both at the very first start.
 * For commands: they do not wait for a token that is away, but say so.
 */
export async function openData(config: Config): Promise<OpenData> {
  const store = await openDatabase(config.dataDir);
  try {
    const { database } = dataPaths(config.dataDir);
    const domainKey = await openDomainKey(store.settings, { ...config, databasePath: database });
    return { store, domainKey };
  } catch (error) {
    await store.close();
    throw error instanceof TokenUnavailable ? new StartError(error.message) : error;
  }
}

/** Opens the database alone, making it at the very first start. */
export async function openDatabase(dataDir: string): Promise<Store> {
  const paths = dataPaths(dataDir);
  await refuseLostDatabase(dataDir, paths);
  return openSqliteStore(paths.database);
}

export async function makeDataDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    throw new StartError(`the data directory ${path} cannot be made (${error.code}): set KEYHOLD_DATA_DIR`);
  });
}

/** A trail without a database means that the database, and every key in it, went missing, or has not come yet. */
async function refuseLostDatabase(dataDir: string, paths: ReturnType<typeof dataPaths>): Promise<void> {
  if (await exists(paths.database)) return;
  const draft = (await readdir(dataDir).catch(() => [])).find((name) => name.startsWith(RESTORING));
  if (draft !== undefined) {
    throw new StartError(
      `${paths.database} is missing, and a backup is being restored to ${dataDir}, or was until that was cut short: ` +
        `wait for it, or remove ${draft} and what else it left (trail, trail-public-key.pem) and restore again. ` +
        'Nothing was changed',
    );
  }
  const segments = await readdir(paths.trail).catch(() => []);
  if (segments.length > 0) {
    throw new StartError(
      `${paths.database} is missing, but ${paths.trail} holds a trail: put the database back from a backup, ` +
        'or move the trail away to begin anew. Nothing was changed',
    );
  }
}
