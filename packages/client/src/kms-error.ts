import { hintFor } from './hints.ts';

export interface Refusal {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly requestId: string;
  readonly hint?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly accessDeniedDetail?: Readonly<Record<string, unknown>> | undefined;
}

/** The server refused the call. `code` is one of the ERRORS table, or newer than this client. */
export class KmsError extends Error {
  override readonly name = 'KmsError';
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  /** Empty where the answer had none. */
  readonly requestId: string;
  /** What to do next, for common codes. */
  readonly hint: string | undefined;
  /** When the server wants to be asked again, where it said so. */
  readonly retryAfterMs: number | undefined;
  /** Which policy decided, where a policy did (wire protocol 3.7). */
  readonly accessDeniedDetail: Readonly<Record<string, unknown>> | undefined;

  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(refusal.message, options);
    this.code = refusal.code;
    this.status = refusal.status;
    this.requestId = refusal.requestId;
    this.hint = refusal.hint ?? hintFor(refusal.code);
    this.retryAfterMs = refusal.retryAfterMs;
    this.accessDeniedDetail = refusal.accessDeniedDetail;
  }
}

/** No answer came. The message names the endpoint and a remedy. */
export class KmsUnreachable extends Error {
  override readonly name = 'KmsUnreachable';
  /** As Node tells it (`ECONNREFUSED`), `TIMEOUT`, or empty; browsers tell nothing. */
  readonly code: string;

  constructor(message: string, code: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Something answered that does not speak this API, or speaks it wrongly. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
  /** HTTP status. */
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** The parameters do not fit the contract; nothing was sent. Names parameters, never their values. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError';
}
