import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface DirectoryLock {
  release(): void;
}

const SQLITE_BUSY = 5;

/** A lock whose holder forgot it must not be garbage collected: that would release it. */
const held = new Set<DatabaseSync>();

/**
 * Makes this process the only server of a data directory, which exists. The lock is SQLite's own on a file
 * in it: the operating system releases it with the process, even a killed one. Throws an error that names
 * the directory where another server holds it.
 */
export function lockDataDirectory(path: string): DirectoryLock {
  const file = join(path, 'lock.db');
  let database: DatabaseSync | undefined;
  try {
    closeSync(openSync(file, 'a', 0o600));
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('begin exclusive');
  } catch (error) {
    database?.close();
    const busy = error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
    const message = busy
      ? `The data directory ${path} is in use by another server.`
      : `The data directory ${path} cannot be locked: ${String(error)}.`;
    throw new Error(message, { cause: error });
  }
  const lock = database;
  held.add(lock);
  return {
    release() {
      if (held.delete(lock)) lock.close();
    },
  };
}
