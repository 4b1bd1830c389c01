import type { Compilable, CompiledQuery, Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/**
 * What the store needs of a database. Several statements belong together as `Steps`: a generator yields
 * statements and is handed their results. It cannot wait for anything else, so no transaction can be open
 * while another caller's statement runs on the same connection.
 */
export interface Database {
  /** Builds statements; they are run by the methods below. */
  readonly query: Kysely<Schema>;
  /** A statement compiled once; call it with its parameters in the order of their appearance. */
  prepareFirst<R>(query: Compilable<R>): (...parameters: readonly string[]) => Promise<R | undefined>;
  /** Runs the steps against one state of the database. */
  read<T>(steps: Steps<T>): Promise<T>;
  /** Runs the steps as one change that survives power loss; where a step throws, nothing has changed. */
  change<T>(steps: Steps<T>): Promise<T>;
  /** Overwrites what earlier changes deleted, as far as it is in the database's power. Never rejects. */
  shred(): Promise<void>;
  /** See `Store.changedElsewhere`. */
  changedElsewhere(): boolean;
  close(): Promise<void>;
}

export type Steps<T> = Generator<CompiledQuery, T, StepResult>;

export interface StepResult {
  readonly rows: readonly unknown[];
  /** How many rows a statement without result rows touched. */
  readonly changes: number;
}

/** Stands for a parameter in a statement to prepare. */
export const PARAMETER = '';

export function* rowsOf<R>(query: Compilable<R>): Steps<readonly R[]> {
  const { rows } = yield query.compile();
  return rows as readonly R[];
}

export function* firstOf<R>(query: Compilable<R>): Steps<R | undefined> {
  return (yield* rowsOf(query))[0];
}

/** Runs a statement without result rows; returns how many rows it touched. */
export function* changesOf(query: Compilable): Steps<number> {
  return (yield query.compile()).changes;
}
