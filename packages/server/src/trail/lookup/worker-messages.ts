import type { Found, LookupQuery } from './query.ts';

export interface WorkerSettings {
  readonly trail: string;
  readonly directory: string;
  readonly seed: string;
}

/** To the worker. `head` is the number of the last durable entry. */
export type Task = { readonly head: number } & (
  | { readonly id: number; readonly query: LookupQuery }
  | object
);

/** From the worker: an answer, or that the index cannot be kept. */
export type Report =
  | { readonly id: number; readonly found: Found }
  | { readonly id: number; readonly refused: string }
  | { readonly failed: unknown };
