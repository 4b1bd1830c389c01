import { KmsError, KmsUnreachable, UnexpectedAnswer } from '../kms-error.ts';
import { verdictOfNetwork } from './network.ts';
import { FINAL, MAYBE_DONE, THROTTLED, TROUBLED, type Verdict } from './verdict.ts';

/**
 * Refusals that another attempt may get past (wire protocol 3.6 and 5.5). A server that cannot record a write
 * answers ServiceUnavailableTemporary after it has written, so 5xx never means that nothing was done.
 */
const CODES: Readonly<Record<string, Verdict>> = {
  'Rejected.Throttling': THROTTLED,
  Throttling: THROTTLED,
  'Throttling.Api': THROTTLED,
  'Throttling.User': THROTTLED,
  TooManyRequests: THROTTLED,
  /** The request did not arrive whole. */
  RequestTimeout: { repeat: 'next', done: 'no', endpointDown: false },
  /** Nonces are random: something on the way delivered the request twice, and the first was taken. */
  SignatureNonceUsed: TROUBLED,
  InternalError: TROUBLED,
  InternalFailure: TROUBLED,
  ServiceUnavailable: MAYBE_DONE,
  ServiceUnavailableTemporary: MAYBE_DONE,
};

/** For other codes, and for answers of proxies that have none. */
const STATUSES: Readonly<Record<number, Verdict>> = {
  429: THROTTLED,
  500: TROUBLED,
  502: MAYBE_DONE,
  503: MAYBE_DONE,
  504: MAYBE_DONE,
};

/** Everything that is not in the tables is not repeated. */
export function verdictOf(error: unknown): Verdict {
  if (error instanceof KmsUnreachable) return verdictOfNetwork(error);
  if (error instanceof KmsError && Object.hasOwn(CODES, error.code)) return CODES[error.code] ?? FINAL;
  if (error instanceof KmsError || error instanceof UnexpectedAnswer) return STATUSES[error.status] ?? FINAL;
  return FINAL;
}
