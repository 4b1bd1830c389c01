import { hintFor } from './hints.ts';

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

  constructor(refusal: { code: string; status: number; message: string; requestId: string }) {
    super(refusal.message);
    this.code = refusal.code;
    this.status = refusal.status;
    this.requestId = refusal.requestId;
    this.hint = hintFor(refusal.code);
  }
}

/** No answer came: whether the call was carried out is unknown. The message names the endpoint and a remedy. */
export class KmsUnreachable extends Error {
  override readonly name = 'KmsUnreachable';
}

/** Something answered that does not speak this API, or speaks it wrongly. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}
