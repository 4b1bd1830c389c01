import type { Place } from './buckets.ts';
import type { Cursor } from './cursor.ts';
import type { Plan } from './gather.ts';
import type { Order } from './order.ts';
import type { FailureReason } from './target.ts';

export interface WorkerSettings {
  readonly trail: string;
}

/** To the worker. */
export type Task =
  /** Makes the next batch, of the lines up to `last`. */
  | {
      readonly do: 'gather';
      readonly order: Order;
      readonly from: Cursor;
      readonly last: number;
      readonly now: number;
      readonly over: number;
    }
  /** Brings a batch to its place. */
  | {
      readonly do: 'put';
      readonly order: Order;
      readonly from: Cursor;
      readonly plan: Plan;
      readonly place: Place;
    }
  | { readonly do: 'check'; readonly place: Place };

export interface Outcomes {
  readonly gather: { readonly plan: Plan; readonly events: number; readonly full: boolean };
  readonly put: undefined;
  readonly check: undefined;
}

/** From the worker. */
export type Report = { readonly id: number } & (
  | { readonly outcome: Outcomes[keyof Outcomes] }
  | { readonly refused: FailureReason; readonly message: string }
  | { readonly failed: unknown }
);
