/** What a failed attempt means for the next one. */
export interface Verdict {
  /**
   * - `wait`: where it was, after a while.
   * - `next`: at the next endpoint, or here after a while.
   * - `elsewhere`: at another endpoint only; here it would fail again.
   * - `never`: it would fail everywhere.
   */
  readonly repeat: 'wait' | 'next' | 'elsewhere' | 'never';
  /** Whether the server may have carried the call out. A write that may have been is not repeated. */
  readonly done: 'no' | 'maybe';
  /** Whether later calls shall try other endpoints first. */
  readonly endpointDown: boolean;
}

/** The request did not arrive anywhere. */
export const NOT_SENT: Verdict = { repeat: 'next', done: 'no', endpointDown: true };
/** The same, for a reason that lasts. */
export const NOT_HERE: Verdict = { repeat: 'elsewhere', done: 'no', endpointDown: true };
/** The connection or the server broke on the way. */
export const MAYBE_DONE: Verdict = { repeat: 'next', done: 'maybe', endpointDown: true };
/** The server works and has trouble with this call. */
export const TROUBLED: Verdict = { repeat: 'next', done: 'maybe', endpointDown: false };
/** The server refused before it began. */
export const THROTTLED: Verdict = { repeat: 'wait', done: 'no', endpointDown: false };
export const FINAL: Verdict = { repeat: 'never', done: 'no', endpointDown: false };
