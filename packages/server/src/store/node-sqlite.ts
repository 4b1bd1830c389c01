import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { LRUCache } from 'lru-cache';
import { StoreUnavailable } from './store.ts';

/** Filters make statements of many shapes; those in use stay prepared. */
const MAX_STATEMENTS = 200;

/** SQLite's primary result codes that mean "the database cannot do this now" (sqlite.org/rescode.html). */
const UNAVAILABLE: Readonly<Record<number, string>> = {
  3: 'access is denied',
  5: 'another process holds it locked',
  6: 'it is locked',
  7: 'memory ran out',
  8: 'it is read-only',
  10: 'reading or writing it failed',
  11: 'it is damaged',
  13: 'the disk is full',
  14: 'it cannot be opened',
  15: 'its locks cannot be had',
  26: 'it is not a database',
};

/** A node:sqlite database in the shape Kysely's SqliteDialect asks for. What it throws names the file. */
export class NodeSqlite implements SqliteDatabase {
  readonly file: string;
  readonly #database: DatabaseSync;
  readonly #statements = new LRUCache<string, NodeSqliteStatement>({ max: MAX_STATEMENTS });

  /** Opens the file, which exists. `timeout`: milliseconds to wait for a lock. */
  constructor(file: string, timeout: number) {
    this.file = file;
    this.#database = attempt(file, () => new DatabaseSync(file, { timeout }));
  }

  get isTransaction(): boolean {
    return this.#database.isTransaction;
  }

  prepare(sql: string): NodeSqliteStatement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = new NodeSqliteStatement(
      this.file,
      attempt(this.file, () => this.#database.prepare(sql)),
    );
    this.#statements.set(sql, statement);
    return statement;
  }

  exec(sql: string): void {
    attempt(this.file, () => this.#database.exec(sql));
  }

  close(): void {
    if (this.#database.isOpen) attempt(this.file, () => this.#database.close());
  }
}

export class NodeSqliteStatement implements SqliteStatement {
  readonly reader: boolean;
  readonly #file: string;
  readonly #statement: StatementSync;

  constructor(file: string, statement: StatementSync) {
    this.#file = file;
    this.#statement = statement;
    this.reader = statement.columns().length > 0;
  }

  get(parameters: readonly unknown[]): unknown {
    // No closure: this is the hot path.
    try {
      return this.#statement.get(...(parameters as SQLInputValue[]));
    } catch (error) {
      throw translated(this.#file, error);
    }
  }

  all(parameters: readonly unknown[]): unknown[] {
    return attempt(this.#file, () => this.#statement.all(...(parameters as SQLInputValue[])));
  }

  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    return attempt(this.#file, () => this.#statement.run(...(parameters as SQLInputValue[])));
  }

  /** All rows at once: a cached statement must not be left half read. */
  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    return this.all(parameters).values();
  }
}

function attempt<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw translated(file, error);
  }
}

function translated(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'ERR_INVALID_STATE') {
    return new StoreUnavailable(`The database ${file} is closed.`, { cause: error });
  }
  if (error.code !== 'ERR_SQLITE_ERROR' || !('errcode' in error)) return error;
  const reason = UNAVAILABLE[Number(error.errcode) & 0xff];
  if (reason === undefined) return error;
  return new StoreUnavailable(
    `The database ${file} cannot be used: ${reason} (SQLite ${String(error.errcode)}: ${error.message}).`,
    { cause: error },
  );
}
