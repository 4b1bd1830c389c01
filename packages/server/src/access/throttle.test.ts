import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '@keyhold/api/errors.ts';
import type { Caller } from './caller.ts';
import { type Rates, Throttle } from './throttle.ts';

const caller = (accountId: string, accessKeyId: string): Caller => ({
  type: 'root-account',
  accountId,
  principalId: accountId,
  accessKeyId,
});

/** Of `calls` at once, how many pass, and when the first refused one may try again. */
function flood(throttle: Throttle, who: Caller, calls: number, now: number) {
  let passed = 0;
  let retryAfterMs: number | undefined;
  for (let i = 0; i < calls; i++) {
    try {
      throttle.admit(who, now);
      passed++;
    } catch (error) {
      assert.ok(error instanceof ApiError && error.code === 'Rejected.Throttling');
      retryAfterMs ??= error.retryAfterMs;
    }
  }
  return { passed, retryAfterMs };
}

const make = (rates: Partial<Rates>) => new Throttle({ account: undefined, accessKey: undefined, ...rates });

test('without a limit everything passes', () => {
  assert.equal(flood(make({}), caller('1', 'a'), 1000, 0).passed, 1000);
});

test('a second of calls at once, then as many as the rate says', () => {
  const throttle = make({ account: 10 });
  const who = caller('1', 'a');
  assert.deepEqual(flood(throttle, who, 25, 0), { passed: 10, retryAfterMs: 100 });
  assert.equal(flood(throttle, who, 5, 99).passed, 0);
  assert.equal(flood(throttle, who, 5, 100).passed, 1);
  assert.equal(flood(throttle, who, 100, 60_000).passed, 10, 'rest does not add up');
  assert.equal(flood(throttle, who, 5, 0).passed, 0, 'a clock set back gives nothing');
  assert.equal(flood(throttle, caller('2', 'b'), 5, 0).passed, 5, 'accounts do not share');
});

test('both limits count, and a call that one refuses costs nothing of the other', () => {
  const throttle = make({ account: 10, accessKey: 4 });
  assert.equal(flood(throttle, caller('1', 'a'), 100, 0).passed, 4);
  assert.equal(flood(throttle, caller('1', 'b'), 100, 0).passed, 4);
  assert.equal(flood(throttle, caller('1', 'c'), 100, 0).passed, 2);
});

test('slow rates wait long', () => {
  const throttle = make({ accessKey: 1 });
  const who = caller('1', 'a');
  throttle.admit(who, 0);
  assert.deepEqual(flood(throttle, who, 1, 250), { passed: 0, retryAfterMs: 750 });
});
