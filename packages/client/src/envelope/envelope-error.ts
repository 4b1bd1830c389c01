/** Why an envelope was not written or not read. `code` is stable; the message says what to do next. */
export type EnvelopeErrorCode =
  /** The input is something else; the message names it where it is known. */
  | 'NotAnEnvelope'
  | 'UnsupportedVersion'
  /** A header field is out of its limits or has a second spelling. Found before any call of KMS. */
  | 'InvalidHeader'
  | 'Truncated'
  /** The context is not stored in the file and was not given. */
  | 'ContextRequired'
  /** The context that was given is not the one of the file. */
  | 'ContextMismatch'
  | 'InvalidContext'
  | 'InvalidRecipient'
  | 'InvalidOption'
  /** None of the recipients gave the data key; `failures` says why for each. */
  | 'NoUsableRecipient'
  /** The data key is right, the header is not the one that was written. */
  | 'HeaderModified'
  | 'DamagedChunk'
  /** KMS answered something that cannot be stored or used. */
  | 'UnusableAnswer'
  | 'TooLarge'
  | 'RangeOutside'
  | 'NotAFile'
  | 'SameFile'
  | 'OutputExists'
  /** The input changed while it was read. */
  | 'FileChanged';

/** What became of one recipient that did not give the data key. */
export interface RecipientFailure {
  /** The CMK's ARN, or the kind and fingerprint of another recipient. */
  readonly recipient: string;
  readonly reason: string;
  readonly cause?: unknown;
}

export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';
  readonly code: EnvelopeErrorCode;
  /** Of NoUsableRecipient; empty otherwise. */
  readonly failures: readonly RecipientFailure[];

  constructor(
    code: EnvelopeErrorCode,
    message: string,
    options: ErrorOptions & { readonly failures?: readonly RecipientFailure[] } = {},
  ) {
    super(message, options);
    this.code = code;
    this.failures = options.failures ?? [];
  }
}
