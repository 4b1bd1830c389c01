import { ApiError } from '@keyhold/api/errors.ts';
import { LRUCache } from 'lru-cache';
import type { Caller } from './caller.ts';

/** Calls per second; undefined where there is no limit. */
export interface Rates {
  readonly account: number | undefined;
  readonly accessKey: number | undefined;
}

/** More accounts or access keys than this are not called in one second. */
const REMEMBERED = 100_000;

/**
 * Token buckets of one second's calls. Asked once the caller is known: a stranger must not use up what is
 * somebody else's.
 */
export class Throttle {
  readonly #limits: readonly { readonly of: (caller: Caller) => string; readonly buckets: Buckets }[];

  constructor({ account, accessKey }: Rates) {
    const limits = [];
    if (account !== undefined) {
      const buckets = new Buckets(account, `the account may make ${account} calls a second`);
      limits.push({ of: (caller: Caller) => caller.accountId, buckets });
    }
    if (accessKey !== undefined) {
      const buckets = new Buckets(accessKey, `an access key may make ${accessKey} calls a second`);
      limits.push({ of: (caller: Caller) => caller.accessKeyId || caller.accountId, buckets });
    }
    this.#limits = limits;
  }

  /** Throws Rejected.Throttling, with when to try again. A call that one limit refuses costs nothing of another. */
  admit(caller: Caller, now: number): void {
    for (const { of, buckets } of this.#limits) buckets.require(of(caller), now);
    for (const { of, buckets } of this.#limits) buckets.take(of(caller));
  }
}

class Buckets {
  readonly #rate: number;
  readonly #reason: string;
  readonly #buckets = new LRUCache<string, { tokens: number; at: number }>({ max: REMEMBERED });

  constructor(rate: number, reason: string) {
    this.#rate = rate;
    this.#reason = reason;
  }

  require(name: string, now: number): void {
    const bucket = this.#buckets.get(name) ?? { tokens: this.#rate, at: now };
    const elapsed = Math.max(0, now - bucket.at); // a clock that is set back gives nothing
    bucket.tokens = Math.min(this.#rate, bucket.tokens + (elapsed * this.#rate) / 1000);
    bucket.at = now;
    this.#buckets.set(name, bucket);
    if (bucket.tokens >= 1) return;
    const retryAfterMs = ((1 - bucket.tokens) / this.#rate) * 1000;
    throw new ApiError('Rejected.Throttling', { reason: this.#reason }, { retryAfterMs });
  }

  take(name: string): void {
    const bucket = this.#buckets.get(name);
    if (bucket) bucket.tokens -= 1;
  }
}
