import type { Arn } from '@keyhold/api/arn.ts';
import type { Caller } from './caller.ts';

/** One thing the caller wants to do to one resource. */
export interface Ask {
  readonly action: string;
  /** ARN, or `*` where the action has no resource of its own. */
  readonly resource: Arn | '*';
  /** The account that owns the resource. */
  readonly owner: string;
  /** The resource as the caller knows it: an alias is not resolved before the eyes of the unauthorised. */
  readonly shown: Arn | '*';
}

/** A decision is a value: what was decided, and why. The trail keeps the reasons. */
export interface Decision {
  readonly allowed: boolean;
  readonly reasons: readonly string[];
  /** What was refused; set where `allowed` is false. */
  readonly refused?: Ask;
}

/** Every ask must be allowed. Pure: no clock, no database. */
export function authorise(caller: Caller, asks: readonly Ask[]): Decision {
  for (const ask of asks) {
    if (ask.owner !== caller.accountId) {
      return { allowed: false, reasons: ['the resource belongs to another account'], refused: ask };
    }
  }
  return { allowed: true, reasons: ['root of the account'] };
}
