import { closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectory } from '../files/sync-directory.ts';
import { migrate, unknownMigrations } from './migrations/migrate.ts';
import { NodeSqlite } from './node-sqlite.ts';
import { sqlStore } from './sql-store.ts';
import { SqliteFile } from './sqlite.ts';
import { SET_STATISTICS } from './sqlite-statistics.ts';
import { type Store, StoreUnavailable } from './store.ts';

/** How long a statement waits for another process (a backup, say), in ms. The server stands still then. */
const BUSY_TIMEOUT = 2000;

const SETUP = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma foreign_keys = on;
  pragma trusted_schema = off;
  pragma secure_delete = on;
  pragma cache_size = -32768;
`;

/**
 * Opens the store in a SQLite file, and makes the file where there is none; its directory exists. Rejects
 * with `StoreUnavailable` where the file is damaged, empty, or written by a newer server.
 */
export async function openSqliteStore(path: string): Promise<Store> {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === 0) {
    throw new StoreUnavailable(`The database ${path} is empty: something truncated it. Restore a backup.`);
  }
  if (size === undefined) await create(path);
  return sqlStore(await open(path));
}

/** Under another name first: a crash half-way must not leave a file that looks like a lost database. */
async function create(path: string): Promise<void> {
  const draft = `${path}.new`;
  try {
    for (const file of [draft, `${draft}-wal`, `${draft}-shm`, `${draft}-journal`])
      rmSync(file, { force: true });
    closeSync(openSync(draft, 'wx', 0o600));
    await (await open(draft)).close();
    renameSync(draft, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    throw new StoreUnavailable(`The database ${path} cannot be created: ${String(error)}.`, { cause: error });
  }
}

async function open(path: string): Promise<SqliteFile> {
  const sqlite = new NodeSqlite(path, BUSY_TIMEOUT);
  try {
    sqlite.exec(SETUP);
    const database = new SqliteFile(sqlite);
    // Kysely runs no transaction around SQLite migrations. Nobody else uses the connection yet.
    sqlite.exec('begin immediate');
    const unknown = await unknownMigrations(database.query);
    if (unknown.length > 0) {
      throw new StoreUnavailable(
        `The database ${path} was written by a newer server (${unknown.join(', ')}); start that one.`,
      );
    }
    if (await migrate(database.query)) sqlite.exec(SET_STATISTICS);
    sqlite.exec('commit');
    return database;
  } catch (error) {
    sqlite.close();
    throw error;
  }
}
