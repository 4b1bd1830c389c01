import { type BigIntStats, statSync } from 'node:fs';
import { type Compilable, Kysely, SqliteDialect } from 'kysely';
import type { Database, Steps } from './database.ts';
import type { NodeSqlite } from './node-sqlite.ts';
import type { Schema } from './schema.ts';
import { StoreUnavailable } from './store.ts';

/** A SQLite file, opened and set up, as the store's database. */
export class SqliteFile implements Database {
  readonly query: Kysely<Schema>;
  readonly #sqlite: NodeSqlite;
  readonly #opened: string;
  #dataVersion: unknown;

  constructor(sqlite: NodeSqlite) {
    this.#sqlite = sqlite;
    this.query = new Kysely<Schema>({ dialect: new SqliteDialect({ database: sqlite }) });
    this.#opened = identity(sqlite.file);
    this.#dataVersion = this.#readDataVersion();
  }

  prepareFirst<R>(query: Compilable<R>): (...parameters: readonly string[]) => Promise<R | undefined> {
    const statement = this.#sqlite.prepare(query.compile().sql);
    return async (...parameters) => statement.get(parameters) as R | undefined;
  }

  async read<T>(steps: Steps<T>): Promise<T> {
    return this.#transaction('begin', steps);
  }

  async change<T>(steps: Steps<T>): Promise<T> {
    // SQLite goes on with a file that was moved or replaced, and what it then confirms is lost.
    if (identity(this.#sqlite.file) !== this.#opened) {
      throw new StoreUnavailable(
        `The database ${this.#sqlite.file} was moved or replaced while in use; restart the server.`,
      );
    }
    return this.#transaction('begin immediate', steps);
  }

  async shred(): Promise<void> {
    try {
      // Deleted rows are overwritten in the file (secure_delete); their old pages are still in the log.
      this.#sqlite.prepare('pragma wal_checkpoint(truncate)').all([]);
    } catch {
      // The deletion itself is committed; a later checkpoint does the rest.
    }
  }

  changedElsewhere(): boolean {
    try {
      const now = this.#readDataVersion();
      if (now === this.#dataVersion) return false;
      this.#dataVersion = now;
      return true;
    } catch {
      return true;
    }
  }

  async close(): Promise<void> {
    this.#sqlite.close();
  }

  /** Runs without a pause from begin to commit. */
  #transaction<T>(begin: 'begin' | 'begin immediate', steps: Steps<T>): T {
    const sqlite = this.#sqlite;
    // Left over only where an earlier rollback failed.
    if (sqlite.isTransaction) sqlite.exec('rollback');
    sqlite.exec(begin);
    try {
      let step = steps.next();
      while (!step.done) {
        const statement = sqlite.prepare(step.value.sql);
        const { parameters } = step.value;
        step = steps.next(
          statement.reader
            ? { rows: statement.all(parameters), changes: 0 }
            : { rows: [], changes: Number(statement.run(parameters).changes) },
        );
      }
      sqlite.exec('commit');
      return step.value;
    } catch (error) {
      this.#rollback();
      throw error;
    }
  }

  #rollback(): void {
    try {
      // SQLite has rolled back already after some errors, a full disk among them.
      if (this.#sqlite.isTransaction) this.#sqlite.exec('rollback');
    } catch {
      // The error that led here says more; the next transaction tries again.
    }
  }

  #readDataVersion(): unknown {
    return (this.#sqlite.prepare('pragma data_version').get([]) as { data_version: unknown }).data_version;
  }
}

function identity(file: string): string {
  const ofFile = (path: string) => {
    const stats: BigIntStats | undefined = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats && `${stats.dev}:${stats.ino}`;
  };
  return `${ofFile(file)} ${ofFile(`${file}-wal`)}`;
}
