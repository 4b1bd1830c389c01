/**
 * Every error code the service answers with: HTTP status, message, and the dialect of its body.
 * A message is free text to clients except where noted; `{name}` is filled from the details.
 *
 * Source: KMS error catalogue, the gateway tables of the RPC protocol (5.1 to 5.5), and the error lists of
 * RAM, STS and ActionTrail, whose bodies are the gateway's.
 */
interface ErrorRow {
  readonly status: number;
  readonly message: string;
  /** `gateway`: refused before a product decides. `kms`: decided by KMS itself; the body carries HttpStatus. */
  readonly dialect: 'gateway' | 'kms';
}

const gateway = (status: number, message: string): ErrorRow => ({ status, message, dialect: 'gateway' });
const kms = (status: number, message: string): ErrorRow => ({ status, message, dialect: 'kms' });

const badLength = gateway(400, 'The length of the parameter "{parameter}" is not allowed.');
const badChars = gateway(400, 'The parameter "{parameter}" contains characters that are not allowed.');
const badValue = gateway(400, 'The specified parameter "{parameter}" is not valid.');

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
  InvalidImportToken: kms(400, 'The import token cannot be used: {reason}.'),
  ExpiredImportToken: kms(
    400,
    'The import token is older than {hours} hours; get a new one with its public key.',
  ),
  InvalidKeyMaterial: kms(400, 'The key material cannot be imported: {reason}.'),
  UnsupportedOperation: kms(400, 'This operation is not supported: {reason}.'),
  'Rejected.UnsupportedOperation': kms(400, 'This operation is not supported: {reason}.'),
  'Rejected.LimitExceeded': kms(400, 'The quota of {limit} {what} is reached.'),
  'Forbidden.Opened': kms(400, 'The KMS service is open already.'),
  'Forbidden.DKMSInstanceNotFound': kms(403, 'The specified KMS instance is not found.'),
  'Rejected.Disabled': kms(409, 'The request was rejected because the key state is Disabled.'),
  'Rejected.PendingDeletion': kms(409, 'The request was rejected because the key state is PendingDeletion.'),
  'Rejected.PendingImport': kms(409, 'The request was rejected because the key state is PendingImport.'),
  'Rejected.Unavailable': kms(409, 'The request was rejected because the key is unavailable: {reason}.'),
  'Rejected.StateModifiedFailed': kms(409, 'The key state cannot be changed: {reason}.'),

  // DryRun always ends in one of these three.
  DryRunOperationError: kms(400, 'The request would have succeeded, but DryRun is set.'),
  ValidationError: kms(400, 'The request would have failed: {reason}'),
  AccessDeniedError: kms(403, 'The request would have been denied: {reason}'),

  'Rejected.PolicyLockout': kms(
    409,
    'With this policy you could not change the policy of the key again: {reason}. Allow yourself kms:SetKeyPolicy, or set BypassPolicyLockoutSafetyCheck.',
  ),

  // The server's own trouble.
  'Rejected.Throttling': kms(429, 'QPS Limit Exceeded: {reason}.'),
  InternalFailure: kms(500, 'Internal Failure.'),
  ServiceUnavailableTemporary: kms(503, 'The service is unavailable for a moment: {reason}. Try again.'),

  // RAM, STS and ActionTrail: permission, throttling, the server's own trouble.
  NoPermission: gateway(403, 'You are not authorized to do this action. You should be authorized by RAM.'),
  'Throttling.User': gateway(429, 'Request was denied due to user flow control.'),
  InternalError: gateway(500, 'The request processing has failed due to some unknown error.'),
  ServiceUnavailable: gateway(503, 'The request has failed due to a temporary failure of the server.'),

  // RAM: parameters.
  'InvalidParameter.UserName.InvalidChars': badChars,
  'InvalidParameter.UserName.Length': badLength,
  'InvalidParameter.NewUserName.InvalidChars': badChars,
  'InvalidParameter.NewUserName.Length': badLength,
  'InvalidParameter.GroupName.InvalidChars': badChars,
  'InvalidParameter.GroupName.Length': badLength,
  'InvalidParameter.NewGroupName.InvalidChars': badChars,
  'InvalidParameter.NewGroupName.Length': badLength,
  'InvalidParameter.RoleName.InvalidChars': badChars,
  'InvalidParameter.RoleName.Length': badLength,
  'InvalidParameter.PolicyName.InvalidChars': badChars,
  'InvalidParameter.PolicyName.Length': badLength,
  'InvalidParameter.DisplayName.InvalidChars': badChars,
  'InvalidParameter.DisplayName.Length': badLength,
  'InvalidParameter.NewDisplayName.InvalidChars': badChars,
  'InvalidParameter.NewDisplayName.Length': badLength,
  'InvalidParameter.Comments.Length': badLength,
  'InvalidParameter.NewComments.Length': badLength,
  'InvalidParameter.Description.Length': badLength,
  'InvalidParameter.NewDescription.Length': badLength,
  'InvalidParameter.PolicyDocument.Length': badLength,
  'InvalidParameter.AssumeRolePolicyDocument.Length': badLength,
  'InvalidParameter.NewAssumeRolePolicyDocument.Length': badLength,
  'InvalidParameter.Email.Format': badValue,
  'InvalidParameter.NewEmail.Format': badValue,
  'InvalidParameter.MobilePhone.Format': badValue,
  'InvalidParameter.NewMobilePhone.Format': badValue,
  'InvalidParameter.VersionId.Format': badValue,
  'InvalidParameter.PolicyType': badValue,
  MalformedPolicyDocument: gateway(400, 'The policy document is not valid: {reason}.'),

  // RAM: what is not there.
  'EntityNotExist.User': gateway(404, 'The user does not exist: {name}.'),
  'EntityNotExist.User.AccessKey': gateway(404, 'The user has no such access key: {name}.'),
  'EntityNotExist.User.Group': gateway(404, 'The user is not in the group {name}.'),
  'EntityNotExist.User.Policy': gateway(404, 'The policy {name} is not attached to the user.'),
  'EntityNotExist.Group': gateway(404, 'The group does not exist: {name}.'),
  'EntityNotExist.Group.Policy': gateway(404, 'The policy {name} is not attached to the group.'),
  'EntityNotExist.Role': gateway(404, 'The role does not exist: {name}.'),
  'EntityNotExist.Role.Policy': gateway(404, 'The policy {name} is not attached to the role.'),
  'EntityNotExist.Policy': gateway(404, 'The policy does not exist: {name}.'),
  'EntityNotExist.Policy.Version': gateway(404, 'The policy has no version {name}.'),
  EntityNotExist: gateway(404, 'Nothing is known under this message.'),

  // RAM: what cannot be done.
  'EntityAlreadyExists.User': gateway(409, 'The user exists already: {name}.'),
  'EntityAlreadyExists.User.Group': gateway(409, 'The user is in the group {name} already.'),
  'EntityAlreadyExists.User.Policy': gateway(409, 'The policy {name} is attached to the user already.'),
  'EntityAlreadyExists.Group': gateway(409, 'The group exists already: {name}.'),
  'EntityAlreadyExists.Group.Policy': gateway(409, 'The policy {name} is attached to the group already.'),
  'EntityAlreadyExists.Role': gateway(409, 'The role exists already: {name}.'),
  'EntityAlreadyExists.Role.Policy': gateway(409, 'The policy {name} is attached to the role already.'),
  'EntityAlreadyExists.Policy': gateway(409, 'The policy exists already: {name}.'),
  'LimitExceeded.User': gateway(409, 'The quota of {limit} users per account is reached.'),
  'LimitExceeded.User.AccessKey': gateway(409, 'The quota of {limit} access keys per user is reached.'),
  'LimitExceeded.User.Group': gateway(409, 'The quota of {limit} groups per user is reached.'),
  'LimitExceeded.User.Policy': gateway(409, 'The quota of {limit} policies per user is reached.'),
  'LimitExceeded.Group': gateway(409, 'The quota of {limit} groups per account is reached.'),
  'LimitExceeded.Group.Policy': gateway(409, 'The quota of {limit} policies per group is reached.'),
  'LimitExceeded.Role': gateway(409, 'The quota of {limit} roles per account is reached.'),
  'LimitExceeded.Role.Policy': gateway(409, 'The quota of {limit} policies per role is reached.'),
  'LimitExceeded.Policy': gateway(409, 'The quota of {limit} policies per account is reached.'),
  'LimitExceeded.Policy.Version': gateway(409, 'The quota of {limit} versions per policy is reached.'),
  'DeleteConflict.User.AccessKey': gateway(409, 'The user still has access keys.'),
  'DeleteConflict.User.Group': gateway(409, 'The user is still in groups.'),
  'DeleteConflict.User.LoginProfile': gateway(409, 'The user still has a console login.'),
  'DeleteConflict.User.MFADevice': gateway(409, 'The user still has an MFA device.'),
  'DeleteConflict.User.Policy': gateway(409, 'Policies are still attached to the user.'),
  'DeleteConflict.Group.Policy': gateway(409, 'Policies are still attached to the group.'),
  'DeleteConflict.Group.User': gateway(409, 'The group still has members.'),
  'DeleteConflict.Role.Policy': gateway(409, 'The role and the policy are still attached to each other.'),
  'DeleteConflict.Policy.Group': gateway(409, 'The policy is still attached to groups.'),
  'DeleteConflict.Policy.User': gateway(409, 'The policy is still attached to users.'),
  'DeleteConflict.Policy.Version': gateway(409, 'The policy still has versions besides the default one.'),
  'DeleteConflict.Policy.Version.Default': gateway(409, 'The default version of a policy cannot be deleted.'),
  EncodedMessageExpire: gateway(400, 'The encoded message is too old.'),
  NotSupport: gateway(400, 'The caller is neither an account nor a user nor a session of a role.'),
  SearchInaccurate: gateway(404, 'The result is not reliable yet. Try again.'),
  TooManyRequests: gateway(429, 'Too many messages are being decoded.'),

  // STS.
  'InvalidParameter.RoleArn': badValue,
  'InvalidParameter.RoleSessionName': badValue,
  'InvalidParameter.DurationSeconds': gateway(
    400,
    'DurationSeconds is below 900 or above the MaxSessionDuration of the role.',
  ),
  'InvalidParameter.ExternalId': badValue,
  'InvalidParameter.PolicyGrammar': gateway(400, 'The session policy is not valid: {reason}.'),
  'InvalidParameter.PolicySize': gateway(400, 'The session policy is longer than {limit} characters.'),
  'InvalidParameter.OIDCProviderArn': badValue,
  'InvalidParameter.OIDCToken': badValue,
  /** One text for every reason: strangers may ask. */
  'AuthenticationFail.OIDCToken.Invalid': gateway(
    400,
    'The OIDC token is not accepted: the provider is not registered, its keys cannot be had, or the token is not one that it issued for a registered client id.',
  ),
  'AuthenticationFail.OIDCToken.Expired': gateway(400, 'The OIDC token is expired.'),

  // IMS.
  'InvalidParameter.OIDCProviderName': badValue,
  'InvalidParameter.IssuerUrl': badValue,
  'InvalidParameter.ClientId': badValue,
  'InvalidParameter.IssuanceLimitTime': badValue,
  'EntityNotExist.OIDCProvider': gateway(404, 'The OIDC provider does not exist: {name}.'),
  'EntityAlreadyExists.OIDCProvider': gateway(409, 'The OIDC provider exists already: {name}.'),
  'EntityAlreadyExists.OIDCProvider.Url': gateway(
    409,
    'The OIDC provider {name} has this issuer URL already.',
  ),
  'LimitExceeded.OIDCProvider': gateway(409, 'The quota of {limit} OIDC providers per account is reached.'),
  'LimitExceeded.OIDCProvider.ClientId': gateway(
    409,
    'The quota of {limit} client ids per OIDC provider is reached.',
  ),

  // ActionTrail.
  InvalidQueryParameter: badValue,
  InvalidParameterStartTime: badValue,
  InvalidParameterEndTime: badValue,
  InvalidParameterCombination: gateway(
    400,
    'StartTime and EndTime come together, and EndTime is the later one.',
  ),
  InvalidTrailNameException: gateway(
    400,
    'A trail name is 6 to 36 of a-z, 0-9, - and _, and begins with a letter.',
  ),
  InvalidPrefixException: gateway(
    400,
    'OssKeyPrefix is 6 to 32 of A-Z, a-z, 0-9, -, / and _, and begins with a letter.',
  ),
  InvalidDeliveryConfigurationException: gateway(
    400,
    'The trail needs a place to deliver to: OssBucketName.',
  ),
  TrailAlreadyExistsException: gateway(400, 'The trail exists already: {name}.'),
  RepeatOssBucket: gateway(400, 'The bucket {name} serves another trail already.'),
  SlsProjectDoesNotExistException: gateway(400, 'The log project does not exist: {reason}.'),
  NotAllowCreateOrganizationTrail: gateway(400, 'The account may not create a multi-account trail.'),
  MaximumNumberOfOrganizationTrailExceeded: gateway(400, 'A multi-account trail exists already.'),
  MaximumNumberOfTrailsExceededException: gateway(403, 'The quota of {limit} trails per region is reached.'),
  InsufficientBucketPolicyException: gateway(403, 'The write role cannot write to the bucket {name}.'),
  InsufficientSlsPolicyException: gateway(403, 'The write role cannot write to the log project.'),
  BucketDoesNotExistException: gateway(404, 'The bucket does not exist: {name}.'),
  TrailNotFoundException: gateway(404, 'The trail does not exist: {name}.'),
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
  /** What refused; of denials alone. */
  readonly accessDenied: AccessDeniedDetail | undefined;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options: ApiErrorOptions = {}) {
    super(options.message ?? fill(ERRORS[code].message, details), { cause: options.cause });
    this.code = code;
    this.status = ERRORS[code].status;
    this.retryAfterMs = options.retryAfterMs;
    this.accessDenied = options.accessDenied;
  }
}

interface ApiErrorOptions {
  readonly cause?: unknown;
  readonly message?: string;
  readonly retryAfterMs?: number;
  readonly accessDenied?: AccessDeniedDetail | undefined;
}

/** As the answer to a denied call carries it (RAM 5.3). */
export interface AccessDeniedDetail {
  readonly AuthAction: string;
  readonly AuthPrincipalType: 'SubUser' | 'AssumedRoleUser' | 'Federated';
  readonly AuthPrincipalOwnerId: string;
  /** User id, or `role:session`. */
  readonly AuthPrincipalDisplayName: string;
  readonly NoPermissionType: 'ImplicitDeny' | 'ExplicitDeny';
  readonly PolicyType?: 'AccountLevelIdentityBasedPolicy' | 'SessionPolicy' | 'AssumeRolePolicy';
  /** For DecodeDiagnosticMessage. */
  readonly EncodedDiagnosticMessage?: string;
}

function fill(template: string, details: ErrorDetails): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? ''));
}
