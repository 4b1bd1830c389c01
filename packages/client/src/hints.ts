import type { ErrorCode } from '@keyhold/api/errors.ts';

const CREDENTIALS =
  'check the AccessKeyId and its secret, and that the endpoint is the server they belong to';
const CLOCK = 'set the clock of this machine; the server accepts 15 minutes of difference';
const LIST_KEYS = 'list what there is with ListKeys or ListAliases; a key belongs to one account and region';

/** What to do next, for the refusals that people meet. */
const HINTS: Partial<Record<ErrorCode, string>> = {
  'InvalidAccessKeyId.NotFound': CREDENTIALS,
  'InvalidAccessKeyId.Inactive': 'use another access key, or have this one activated',
  SignatureDoesNotMatch: `${CREDENTIALS}; a proxy in between must pass the Host header unchanged`,
  'InvalidTimeStamp.Expired': CLOCK,
  'InvalidTimeStamp.Format': CLOCK,
  MissingSecurityToken: 'temporary access keys need the SecurityToken that came with them',
  'InvalidSecurityToken.Expired': 'the session is over: get new temporary credentials',
  'InvalidSecurityToken.Malformed': 'a permanent access key takes no SecurityToken; leave it out',
  'Forbidden.NoPermission':
    'ask the account’s administrator for this action on this key; the trail entry of the request says what decided',
  NoPermission:
    'ask the account’s administrator for this action; `accessDeniedDetail` says which policy decided',
  'Forbidden.KeyNotFound': LIST_KEYS,
  'Forbidden.AliasNotFound': `${LIST_KEYS}; make one: keyhold call CreateKey, then keyhold call CreateAlias`,
  'Forbidden.KeyVersionNotFound': 'list the versions with ListKeyVersions',
  AliasAlreadyExists: 'choose another name, or point the alias at the key with UpdateAlias',
  'Unsupported.Alias': 'give the key id; DescribeKey finds it by alias',
  'Rejected.Disabled': 'make the key usable again with EnableKey',
  'Rejected.PendingDeletion': 'stop the deletion with CancelKeyDeletion, if the key shall live',
  'Rejected.PendingImport': 'import the key material first',
  'Rejected.Unavailable': 'have the HSM of the key set up on the server again (KEYHOLD_HSM_LIBRARY)',
  'Rejected.LimitExceeded': 'remove what is no longer needed, or have the quota raised',
  'Rejected.Throttling': 'wait a moment and send less at once',
  'Throttling.User': 'wait a moment and send less at once',
  InternalFailure: 'look up the request id in the log of the server',
  ServiceUnavailableTemporary: 'try again in a moment; if it lasts, the log of the server says why',
};

export const hintFor = (code: string): string | undefined =>
  Object.hasOwn(HINTS, code) ? HINTS[code as ErrorCode] : undefined;
