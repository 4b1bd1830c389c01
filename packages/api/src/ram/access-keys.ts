import * as z from 'zod';
import { operation } from '../operation.ts';
import { dateText, text } from '../values.ts';
import { userName } from './values.ts';

/** A user may be let manage the own keys only; without a name the own ones are meant (RAM 1.2). */
const ownerOrCaller = { kind: 'user', parameter: 'UserName', orCaller: true } as const;

const owner = { UserName: userName().optional() };
/** `AccessKeyId` is the key that signs the call. */
const userAccessKeyId = text(128).describe('id of the access key that is meant');

const accessKeyStatus = z.enum(['Active', 'Inactive']);

/** As lists show it: the secret is told once, by CreateAccessKey. */
const accessKey = { AccessKeyId: z.string(), Status: accessKeyStatus, CreateDate: dateText };

const ownerErrors = [
  'InvalidParameter.UserName.InvalidChars',
  'InvalidParameter.UserName.Length',
  'EntityNotExist.User',
] as const;

/** The conflict: of the account's own access keys, one stays active. */
const lastKeyErrors = [
  'InvalidParameter',
  ...ownerErrors,
  'EntityNotExist.User.AccessKey',
  'DeleteConflict.User.AccessKey',
] as const;

export const CreateAccessKey = operation({
  action: 'CreateAccessKey',
  group: 'access-keys',
  summary: 'Makes an access key of a user; its secret is told this once.',
  effect: 'write',
  grants: [{ action: 'ram:CreateAccessKey', resource: ownerOrCaller }],
  request: z.object(owner),
  response: z.object({ AccessKey: z.object({ ...accessKey, AccessKeySecret: z.string() }) }),
  errors: [...ownerErrors, 'LimitExceeded.User.AccessKey'],
  trail: {
    request: ['UserName'],
    response: ['AccessKey.AccessKeyId', 'AccessKey.Status', 'AccessKey.CreateDate'],
  },
});

export const UpdateAccessKey = operation({
  action: 'UpdateAccessKey',
  group: 'access-keys',
  summary: 'Switches an access key off or on again.',
  effect: 'write',
  grants: [{ action: 'ram:UpdateAccessKey', resource: ownerOrCaller }],
  request: z.object({
    ...owner,
    UserAccessKeyId: userAccessKeyId,
    Status: accessKeyStatus.describe('Active or Inactive'),
  }),
  response: z.object({}),
  errors: lastKeyErrors,
  trail: { request: ['UserName', 'UserAccessKeyId', 'Status'], response: [] },
});

export const DeleteAccessKey = operation({
  action: 'DeleteAccessKey',
  group: 'access-keys',
  summary: 'Deletes an access key for good.',
  effect: 'write',
  grants: [{ action: 'ram:DeleteAccessKey', resource: ownerOrCaller }],
  request: z.object({ ...owner, UserAccessKeyId: userAccessKeyId }),
  response: z.object({}),
  errors: lastKeyErrors,
  trail: { request: ['UserName', 'UserAccessKeyId'], response: [] },
});

export const ListAccessKeys = operation({
  action: 'ListAccessKeys',
  group: 'access-keys',
  summary: 'Lists the access keys of a user, without their secrets.',
  effect: 'read',
  grants: [{ action: 'ram:ListAccessKeys', resource: ownerOrCaller }],
  request: z.object(owner),
  response: z.object({ AccessKeys: z.object({ AccessKey: z.array(z.object(accessKey)) }) }),
  errors: ownerErrors,
  trail: { request: ['UserName'], response: [] },
});

export const GetAccessKeyLastUsed = operation({
  action: 'GetAccessKeyLastUsed',
  group: 'access-keys',
  summary: 'Tells when an access key was last used.',
  effect: 'read',
  grants: [{ action: 'ram:GetAccessKeyLastUsed', resource: ownerOrCaller }],
  request: z.object({ ...owner, UserAccessKeyId: userAccessKeyId }),
  /** `""` where it never was. */
  response: z.object({ AccessKeyLastUsed: z.object({ LastUsedDate: dateText }) }),
  errors: ['InvalidParameter', ...ownerErrors, 'EntityNotExist.User.AccessKey'],
  trail: { request: ['UserName', 'UserAccessKeyId'], response: [] },
});
