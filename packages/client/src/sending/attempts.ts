import type { Effect } from '@keyhold/api/operation.ts';
import { KmsError, KmsUnreachable, UnexpectedAnswer } from '../kms-error.ts';
import { backoffMs, sleep } from './backoff.ts';
import type { Endpoint, Endpoints } from './endpoints.ts';
import { verdictOf } from './retry-table.ts';

export interface Patience {
  /** At most, over all endpoints. */
  readonly attempts: number;
  /** For one attempt. */
  readonly attemptTimeoutMs: number;
  /** For all of them and the time between. */
  readonly deadlineMs: number;
}

export interface Plan extends Patience {
  readonly action: string;
  readonly effect: Effect;
  readonly endpoints: Endpoints;
  readonly signal?: AbortSignal | undefined;
}

/** Carries out one attempt, signed anew. */
export type Once<T> = (endpoint: Endpoint, timeoutMs: number, signal: AbortSignal) => Promise<T>;

/**
 * Repeats `once` as the retry table allows, at the next endpoint at once and at one that failed after a while.
 * Throws what the last attempt threw, or the reason of the caller's signal.
 */
export async function attempt<T>(plan: Plan, once: Once<T>): Promise<T> {
  const { endpoints, signal } = plan;
  const start = performance.now();
  const left = () => plan.deadlineMs - (performance.now() - start);
  const tried = new Set<Endpoint>();
  const failures: unknown[] = [];
  let endpoint = endpoints.next(tried);
  for (let rounds = 1; endpoint !== undefined; ) {
    signal?.throwIfAborted();
    const timeoutMs = Math.max(1, Math.min(plan.attemptTimeoutMs, Math.ceil(left())));
    try {
      const result = await once(endpoint, timeoutMs, within(timeoutMs, signal));
      endpoints.answered(endpoint);
      return result;
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(error);
      const { repeat, done, endpointDown } = verdictOf(error);
      if (endpointDown) endpoints.failed(endpoint);
      if (repeat === 'never') throw error;
      if (done === 'maybe' && plan.effect === 'write') throw uncertain(plan.action, error);
      if (failures.length >= plan.attempts) throw summary(failures);
      if (repeat !== 'wait') {
        tried.add(endpoint);
        const other = endpoints.next(tried);
        if (other !== undefined) {
          endpoint = other;
          continue;
        }
        if (repeat === 'elsewhere') throw summary(failures);
        tried.clear();
      }
      const pause = backoffMs(rounds++, error instanceof KmsError ? error.retryAfterMs : undefined);
      if (pause >= left()) throw summary(failures);
      await sleep(pause, signal);
      if (repeat !== 'wait') endpoint = endpoints.next(tried);
    }
  }
  throw summary(failures);
}

const within = (timeoutMs: number, signal: AbortSignal | undefined): AbortSignal =>
  AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);

/** The last failure; where several endpoints did not answer, what each of them did. */
function summary(failures: readonly unknown[]): unknown {
  const last = failures.at(-1);
  const messages = new Set(
    failures.filter((each) => each instanceof KmsUnreachable).map((each) => each.message),
  );
  if (!(last instanceof KmsUnreachable) || messages.size < 2) return last;
  return new KmsUnreachable([...messages].join('; '), last.code, { cause: last.cause });
}

/** The same error, saying that the call was not repeated and why. */
function uncertain(action: string, error: unknown): unknown {
  const words = `${action} may have been carried out and was not repeated: look before you repeat it`;
  if (error instanceof KmsUnreachable) {
    return new KmsUnreachable(`${error.message} (${words})`, error.code, { cause: error.cause });
  }
  if (error instanceof UnexpectedAnswer) {
    return new UnexpectedAnswer(`${error.message} (${words})`, error.status, { cause: error.cause });
  }
  if (error instanceof KmsError) return new KmsError({ ...error, message: error.message, hint: words });
  return error;
}
