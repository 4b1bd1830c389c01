import type { TrailRecord } from '../ram/records.ts';
import type { FailureReason } from './target.ts';

/** Deliveries of trails, as operations see them. */
export interface Delivery {
  /** The last durable line of the audit trail and its segment: a trail that starts now delivers what comes after. */
  end(): { readonly seq: number; readonly segment: number };
  /** Whether objects can be put into the bucket, for that account. */
  check(accountId: string, bucket: string): Promise<'ok' | FailureReason>;
  /** Whether the bucket serves a trail of another account. */
  isTaken(bucket: string, accountId: string): boolean;
  status(accountId: string, trail: TrailRecord): TrailStatus;
  /** The trails of the account were changed. */
  noteChange(accountId: string): Promise<void>;
}

export interface TrailStatus {
  readonly deliveredAt: number | null;
  readonly error: DeliveryError | undefined;
  /** Number of the last line that was looked at and, if it is the trail's, delivered. */
  readonly deliveredTo: number;
  /** Everything up to the last StopLogging is delivered. */
  readonly isFinished: boolean;
}

export type DeliveryError = FailureReason | 'internal';
