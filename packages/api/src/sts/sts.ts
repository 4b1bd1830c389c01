import * as z from 'zod';
import { parseRoleArn } from '../arn.ts';
import { parseOidcProviderArn } from '../ims/arn.ts';
import { operation } from '../operation.ts';
import { codedInteger, codedText, dateText, failsWith, notOffered } from '../values.ts';

/** Seconds. The upper end is the largest MaxSessionDuration; that of the role may be lower. */
export const MIN_SESSION_SECONDS = 900;
export const MAX_SESSION_SECONDS = 43_200;
export const DEFAULT_SESSION_SECONDS = 3600;
export const MAX_SESSION_POLICY_CHARS = 2048;
const MAX_TOKEN_CHARS = 20_000;

const session = {
  RoleArn: z
    .string()
    .refine((arn) => parseRoleArn(arn) !== undefined, failsWith('InvalidParameter.RoleArn'))
    .describe('acs:ram::<account>:role/<name>'),
  RoleSessionName: codedText('InvalidParameter.RoleSessionName', /^[A-Za-z0-9.@_-]*$/, 2, 64).describe(
    '2 to 64 letters, digits, . @ - _; shows in the trail who acts',
  ),
  DurationSeconds: codedInteger('InvalidParameter.DurationSeconds', MIN_SESSION_SECONDS, MAX_SESSION_SECONDS)
    .optional()
    .describe('900 up to what the role allows; default 3600'),
  Policy: z
    .string()
    .refine(
      (text) => text.length <= MAX_SESSION_POLICY_CHARS,
      failsWith('InvalidParameter.PolicySize', undefined, { limit: MAX_SESSION_POLICY_CHARS }),
    )
    .optional()
    .describe('policy as JSON text, up to 2048 characters; the session may only what it allows, too'),
};

const issued = {
  AssumedRoleUser: z.object({ Arn: z.string(), AssumedRoleId: z.string() }),
  Credentials: z.object({
    AccessKeyId: z.string(),
    AccessKeySecret: z.string(),
    SecurityToken: z.string(),
    Expiration: dateText,
  }),
};
const recordedIssue = ['AssumedRoleUser', 'Credentials.AccessKeyId', 'Credentials.Expiration'] as const;

const sessionErrors = [
  'InvalidParameter.RoleArn',
  'InvalidParameter.RoleSessionName',
  'InvalidParameter.DurationSeconds',
  'InvalidParameter.PolicyGrammar',
  'InvalidParameter.PolicySize',
  'EntityNotExist.Role',
] as const;

export const AssumeRole = operation({
  action: 'AssumeRole',
  group: 'sts',
  summary: 'Returns temporary credentials of a role; the account itself cannot assume one.',
  effect: 'write',
  grants: [{ action: 'sts:AssumeRole', resource: { kind: 'roleArn', parameter: 'RoleArn' } }],
  request: z.object({
    ...session,
    ExternalId: codedText('InvalidParameter.ExternalId', /^[\w+=,.@:/-]*$/, 2, 1224)
      .optional()
      .describe('2 to 1224 letters, digits, _ + = , . @ : / -; what the trust policy may ask for'),
    SourceIdentity: notOffered('SourceIdentity is not documented').optional(),
  }),
  response: z.object(issued),
  errors: ['UnsupportedOperation', ...sessionErrors, 'InvalidParameter.ExternalId', 'Throttling.User'],
  trail: {
    request: ['RoleArn', 'RoleSessionName', 'DurationSeconds', 'Policy'],
    response: recordedIssue,
  },
});

export const AssumeRoleWithOIDC = operation({
  action: 'AssumeRoleWithOIDC',
  group: 'sts',
  summary: 'Returns temporary credentials of a role to the bearer of a token of an OIDC provider.',
  effect: 'write',
  grants: [{ action: 'sts:AssumeRole', resource: { kind: 'roleArn', parameter: 'RoleArn' } }],
  unsigned: true,
  request: z.object({
    OIDCProviderArn: z
      .string()
      .refine((arn) => parseOidcProviderArn(arn) !== undefined, failsWith('InvalidParameter.OIDCProviderArn'))
      .describe('acs:ram::<account>:oidc-provider/<name>'),
    OIDCToken: codedText('InvalidParameter.OIDCToken', /^[\w.-]*$/, 4, MAX_TOKEN_CHARS).describe(
      'signed token as the provider issued it',
    ),
    ...session,
  }),
  response: z.object({
    ...issued,
    OIDCTokenInfo: z.object({
      Subject: z.string(),
      Issuer: z.string(),
      /** The audience, joined with commas. */
      ClientIds: z.string(),
      IssuanceTime: dateText,
      ExpirationTime: dateText,
      VerificationInfo: z.string(),
    }),
  }),
  errors: [
    ...sessionErrors,
    'InvalidParameter.OIDCProviderArn',
    'InvalidParameter.OIDCToken',
    'AuthenticationFail.OIDCToken.Invalid',
    'AuthenticationFail.OIDCToken.Expired',
    'NoPermission',
    'Throttling.User',
  ],
  trail: {
    request: ['OIDCProviderArn', 'RoleArn', 'RoleSessionName', 'DurationSeconds', 'Policy'],
    response: [...recordedIssue, 'OIDCTokenInfo'],
  },
});

export const GetCallerIdentity = operation({
  action: 'GetCallerIdentity',
  group: 'sts',
  summary: 'Tells the caller who it is; open to every signed caller.',
  effect: 'read',
  grants: [],
  request: z.object({}),
  /** UserId: of accounts and users. RoleId: of sessions of a role (RAM 1.1). */
  response: z.object({
    IdentityType: z.enum(['Account', 'RAMUser', 'AssumedRoleUser']),
    AccountId: z.string(),
    PrincipalId: z.string(),
    UserId: z.string().optional(),
    RoleId: z.string().optional(),
    Arn: z.string(),
  }),
  errors: [],
  trail: { request: [], response: [] },
});
