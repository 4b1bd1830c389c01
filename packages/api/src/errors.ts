/**
 * Every error code the service answers with: HTTP status, message, and the dialect of its body.
 * A message is free text to clients except where noted; `{name}` is filled from the details.
 *
 * Source: KMS error catalogue and the gateway tables of the RPC protocol (5.1 to 5.5).
 */
interface ErrorRow {
  readonly status: number;
  readonly message: string;
  /** `gateway`: refused before a product decides. `kms`: decided by KMS itself; the body carries HttpStatus. */
  readonly dialect: 'gateway' | 'kms';
}

const gateway = (status: number, message: string): ErrorRow => ({ status, message, dialect: 'gateway' });
const kms = (status: number, message: string): ErrorRow => ({ status, message, dialect: 'kms' });

export const ERRORS = {
  // The request as such.
  MissingAccessKeyId: gateway(400, 'AccessKeyId is mandatory for this action.'),
  MissingAction: gateway(400, 'Action is mandatory for this action.'),
  MissingSecurityToken: gateway(400, 'SecurityToken is mandatory for this action.'),
  MissingSignature: gateway(400, 'Signature is mandatory for this action.'),
  MissingSignatureMethod: gateway(400, 'SignatureMethod is mandatory for this action.'),
  MissingSignatureNonce: gateway(400, 'SignatureNonce is mandatory for this action.'),
  MissingSignatureVersion: gateway(400, 'SignatureVersion is mandatory for this action.'),
  MissingTimestamp: gateway(400, 'Timestamp is mandatory for this action.'),
  MissingVersion: gateway(400, 'Version is mandatory for this action.'),
  IllegalTimestamp: gateway(
    400,
    'The input parameter "Timestamp" that is mandatory for processing this request is not supplied.',
  ),
  'InvalidAction.NotFound': gateway(
    404,
    'Specified api is not found, please check your url and method. ({action})',
  ),
  InvalidVersion: gateway(400, 'Specified parameter Version is not valid.'),
  'InvalidParameter.Format': gateway(400, 'Specified parameter format is not valid.'),
  ParseRequestParameterException: gateway(400, 'The request cannot be parsed: {reason}.'),
  UnsupportedHTTPMethod: gateway(403, 'The HTTP method {method} is not supported; use GET or POST on /.'),
  RequestTooLarge: gateway(413, 'The request is larger than this server accepts: {reason}.'),
  RequestTimeout: gateway(408, 'The request did not arrive in time.'),

  // Who is calling.
  'InvalidAccessKeyId.NotFound': gateway(404, 'Specified access key is not found.'),
  'InvalidAccessKeyId.Inactive': gateway(400, 'Specified access key is disabled.'),
  'InvalidTimeStamp.Format': gateway(400, 'Specified time stamp or date value is not well formatted.'),
  'InvalidTimeStamp.Expired': gateway(400, 'Specified time stamp or date value is expired.'),
  SignatureNonceUsed: gateway(400, 'Specified signature nonce was used already.'),
  InvalidSignatureMethod: gateway(400, 'Specified signature method is not valid.'),
  /** Python and Java read what follows the colon; nothing may come after it. */
  SignatureDoesNotMatch: gateway(
    400,
    'Specified signature is not matched with our calculation. server string to sign is:{stringToSign}',
  ),
  IncompleteSignature: gateway(400, 'The request signature does not conform to Aliyun standards. ({reason})'),
  'InvalidSecurityToken.Malformed': gateway(400, 'Specified SecurityToken is malformed.'),
  'InvalidSecurityToken.MismatchWithAccessKey': gateway(
    400,
    'Specified SecurityToken mismatch with the AccessKey.',
  ),
  'InvalidSecurityToken.Expired': gateway(400, 'Specified SecurityToken is expired.'),

  // Parameters.
  MissingParameter: kms(400, 'The parameter "{parameter}" is needed but not provided.'),
  InvalidParameter: kms(400, 'The specified parameter "{parameter}" is not valid.'),
  'InvalidParameter.TagKey': kms(400, 'The specified parameter "{parameter}" is not valid.'),
  'InvalidParameter.TagValue': kms(400, 'The specified parameter "{parameter}" is not valid.'),
  'Duplicate.TagKey': kms(400, 'The tag key "{tagKey}" is given more than once.'),

  // Permission.
  'Forbidden.NoPermission': kms(403, 'This operation for {resource} is forbidden by permission system.'),

  // What is not there.
  'Forbidden.KeyNotFound': kms(404, 'The specified Key is not found.'),
  'Forbidden.KeyVersionNotFound': kms(404, 'The specified KeyVersion is not found.'),
  'Forbidden.AliasNotFound': kms(404, 'The specified Alias is not found.'),
  'Forbidden.ResourceNotFound': kms(404, 'The specified resource is not found.'),
  'InvalidResourceId.NotFound': kms(404, 'The specified ResourceId "{resourceId}" is not found.'),

  // What cannot be done.
  AliasAlreadyExists: kms(400, 'The alias {alias} already exists.'),
  'Unsupported.Alias': kms(
    400,
    'An alias cannot be used as "{parameter}" of this operation; give the key id.',
  ),
  'Unsupported.ProtectionLevel': kms(400, 'The ProtectionLevel {protectionLevel} is not offered here.'),
  'Unsupported.Origin': kms(400, 'The Origin of the key does not allow this operation.'),
  UnsupportedOperation: kms(400, 'This operation is not supported: {reason}.'),
  'Rejected.UnsupportedOperation': kms(400, 'This operation is not supported: {reason}.'),
  'Rejected.LimitExceeded': kms(400, 'The quota of {limit} {what} is reached.'),
  'Forbidden.Opened': kms(400, 'The KMS service is open already.'),
  'Forbidden.DKMSInstanceNotFound': kms(403, 'The specified KMS instance is not found.'),
  'Rejected.Disabled': kms(409, 'The request was rejected because the key state is Disabled.'),
  'Rejected.PendingDeletion': kms(409, 'The request was rejected because the key state is PendingDeletion.'),
  'Rejected.PendingImport': kms(409, 'The request was rejected because the key state is PendingImport.'),
  'Rejected.StateModifiedFailed': kms(409, 'The key state cannot be changed: {reason}.'),

  // DryRun always ends in one of these three.
  DryRunOperationError: kms(400, 'The request would have succeeded, but DryRun is set.'),
  ValidationError: kms(400, 'The request would have failed: {reason}'),
  AccessDeniedError: kms(403, 'The request would have been denied: {reason}'),

  // The server's own trouble.
  'Rejected.Throttling': kms(429, 'QPS Limit Exceeded: {reason}.'),
  InternalFailure: kms(500, 'Internal Failure.'),
  ServiceUnavailableTemporary: kms(503, 'The service is unavailable for a moment: {reason}. Try again.'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** A refusal the caller may read. Anything else that is thrown becomes InternalFailure. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;
  readonly status: number;
  /** When to try again, in milliseconds; of throttling alone. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options: ApiErrorOptions = {}) {
    super(options.message ?? fill(ERRORS[code].message, details), { cause: options.cause });
    this.code = code;
    this.status = ERRORS[code].status;
    this.retryAfterMs = options.retryAfterMs;
  }
}

interface ApiErrorOptions {
  readonly cause?: unknown;
  readonly message?: string;
  readonly retryAfterMs?: number;
}

function fill(template: string, details: ErrorDetails): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? ''));
}
