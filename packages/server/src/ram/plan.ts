import type { AccessKey } from '../store/store.ts';
import type { AnyRecord } from './rows.ts';

/** What is to change in RAM of an account, all or nothing, and what to answer then. */
export interface RamPlan<T> {
  readonly result: T;
  readonly put?: readonly AnyRecord[];
  readonly remove?: readonly AnyRecord[];
  readonly accessKey?: AccessKeyStep;
}

export type AccessKeyStep =
  | {
      readonly do: 'make';
      readonly pair: { readonly id: string; readonly secret: string };
      readonly owner: string;
      readonly createdAt: number;
    }
  | { readonly do: 'switch'; readonly accessKey: AccessKey; readonly status: AccessKey['status'] }
  | { readonly do: 'remove'; readonly accessKeyId: string };
