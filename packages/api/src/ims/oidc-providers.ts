import * as z from 'zod';
import { operation } from '../operation.ts';
import { codedInteger, codedText, dateText, type FieldMeta, failsWith, notOffered, text } from '../values.ts';
import { isIssuerUrl } from './issuer-url.ts';

/** Per provider; the vendor's older texts say 20. */
export const MAX_CLIENT_IDS = 50;
/** Hours that may have passed since a token was issued: the vendor's default, and the only value here. */
export const ISSUANCE_LIMIT_HOURS = 12;
const MAX_DESCRIPTION_CHARS = 256;

const OIDCProviderName = codedText(
  'InvalidParameter.OIDCProviderName',
  /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/,
  1,
  128,
).describe('1 to 128 letters, digits, . - _; a letter or digit at both ends');

const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/;

const ClientId = z
  .string()
  .refine((id) => CLIENT_ID.test(id), failsWith('InvalidParameter.ClientId'))
  .describe('1 to 128 letters, digits, . - _ : /, a letter or digit first');

/** An empty text is an empty list. */
const ClientIds = z
  .codec(z.string(), z.array(z.string()), {
    decode: (wire) => [...new Set(wire === '' ? [] : wire.split(','))],
    encode: (ids) => ids.join(','),
  })
  .refine((ids) => ids.every((id) => CLIENT_ID.test(id)), failsWith('InvalidParameter.ClientId'))
  .refine(
    (ids) => ids.length <= MAX_CLIENT_IDS,
    failsWith('LimitExceeded.OIDCProvider.ClientId', undefined, { limit: MAX_CLIENT_IDS }),
  )
  .meta({ keepsEmpty: true } satisfies FieldMeta)
  .describe('audiences that are accepted, id1,id2; up to 50');

const description = (parameter: 'Description' | 'NewDescription') =>
  z
    .string()
    .refine(
      (value) => value.length <= MAX_DESCRIPTION_CHARS,
      failsWith(`InvalidParameter.${parameter}.Length`),
    )
    .meta({ keepsEmpty: true } satisfies FieldMeta)
    .describe('up to 256 characters');

const Fingerprints = notOffered(
  'certificates of issuers are checked against the certification authorities of the server, not against fingerprints',
).optional();

const IssuanceLimitTime = codedInteger(
  'InvalidParameter.IssuanceLimitTime',
  ISSUANCE_LIMIT_HOURS,
  ISSUANCE_LIMIT_HOURS,
)
  .optional()
  .describe('hours since a token was issued: 12');

const shown = z.object({
  OIDCProviderName: z.string(),
  Arn: z.string(),
  IssuerUrl: z.string(),
  /** Joined with commas; absent where there are none. */
  ClientIds: z.string().optional(),
  Description: z.string(),
  IssuanceLimitTime: z.int(),
  CreateDate: dateText,
  UpdateDate: dateText,
  /** Milliseconds since 1970, as text. */
  GmtCreate: z.string(),
  GmtModified: z.string(),
});

const provider = { kind: 'oidcProvider', parameter: 'OIDCProviderName' } as const;
const response = z.object({ OIDCProvider: shown });

export const CreateOIDCProvider = operation({
  action: 'CreateOIDCProvider',
  group: 'oidc-providers',
  summary: 'Registers an issuer of tokens, which roles may then trust.',
  effect: 'write',
  grants: [{ action: 'ram:CreateOIDCProvider', resource: { kind: 'oidcProviders' } }],
  request: z.object({
    OIDCProviderName,
    IssuerUrl: z
      .string()
      .refine(isIssuerUrl, failsWith('InvalidParameter.IssuerUrl'))
      .describe('https://host/path, as tokens give it; up to 255 characters'),
    ClientIds: ClientIds.optional(),
    Description: description('Description').optional(),
    Fingerprints,
    IssuanceLimitTime,
  }),
  response,
  errors: [
    'InvalidParameter.OIDCProviderName',
    'InvalidParameter.IssuerUrl',
    'InvalidParameter.ClientId',
    'InvalidParameter.Description.Length',
    'InvalidParameter.IssuanceLimitTime',
    'UnsupportedOperation',
    'EntityAlreadyExists.OIDCProvider',
    'EntityAlreadyExists.OIDCProvider.Url',
    'LimitExceeded.OIDCProvider',
    'LimitExceeded.OIDCProvider.ClientId',
  ],
  trail: {
    request: ['OIDCProviderName', 'IssuerUrl', 'ClientIds', 'Description'],
    response: ['OIDCProvider'],
  },
});

export const GetOIDCProvider = operation({
  action: 'GetOIDCProvider',
  group: 'oidc-providers',
  summary: 'Describes a registered issuer.',
  effect: 'read',
  grants: [{ action: 'ram:GetOIDCProvider', resource: provider }],
  request: z.object({ OIDCProviderName }),
  response,
  errors: ['InvalidParameter.OIDCProviderName', 'EntityNotExist.OIDCProvider'],
  trail: { request: ['OIDCProviderName'], response: [] },
});

export const ListOIDCProviders = operation({
  action: 'ListOIDCProviders',
  group: 'oidc-providers',
  summary: 'Pages through the registered issuers of the account.',
  effect: 'read',
  grants: [{ action: 'ram:ListOIDCProviders', resource: { kind: 'oidcProviders' } }],
  request: z.object({
    Marker: text(1024).optional().describe('as the previous page gave it'),
    MaxItems: codedInteger('InvalidParameter', 1, 100).optional().describe('1 to 100, default 100'),
  }),
  response: z.object({
    OIDCProviders: z.object({ OIDCProvider: z.array(shown) }),
    IsTruncated: z.boolean(),
    Marker: z.string().optional(),
  }),
  errors: ['InvalidParameter'],
  trail: { request: ['Marker', 'MaxItems'], response: [] },
});

export const UpdateOIDCProvider = operation({
  action: 'UpdateOIDCProvider',
  group: 'oidc-providers',
  summary: 'Changes the description or all client ids of a registered issuer; what is absent stays.',
  effect: 'write',
  grants: [{ action: 'ram:UpdateOIDCProvider', resource: provider }],
  request: z.object({
    OIDCProviderName,
    ClientIds: ClientIds.optional(),
    NewDescription: description('NewDescription').optional(),
    IssuanceLimitTime,
  }),
  response,
  errors: [
    'InvalidParameter.OIDCProviderName',
    'InvalidParameter.ClientId',
    'InvalidParameter.NewDescription.Length',
    'InvalidParameter.IssuanceLimitTime',
    'EntityNotExist.OIDCProvider',
    'LimitExceeded.OIDCProvider.ClientId',
  ],
  trail: { request: ['OIDCProviderName', 'ClientIds', 'NewDescription'], response: ['OIDCProvider'] },
});

export const DeleteOIDCProvider = operation({
  action: 'DeleteOIDCProvider',
  group: 'oidc-providers',
  summary: 'Forgets an issuer: its tokens are worth nothing from then on. Sessions go on until they expire.',
  effect: 'write',
  grants: [{ action: 'ram:DeleteOIDCProvider', resource: provider }],
  request: z.object({ OIDCProviderName }),
  response: z.object({}),
  errors: ['InvalidParameter.OIDCProviderName', 'EntityNotExist.OIDCProvider'],
  trail: { request: ['OIDCProviderName'], response: [] },
});

export const AddClientIdToOIDCProvider = operation({
  action: 'AddClientIdToOIDCProvider',
  group: 'oidc-providers',
  summary: 'Accepts one more audience; one that is there already is no error.',
  effect: 'write',
  grants: [{ action: 'ram:AddClientIdToOIDCProvider', resource: provider }],
  request: z.object({ OIDCProviderName, ClientId }),
  response,
  errors: [
    'InvalidParameter.OIDCProviderName',
    'InvalidParameter.ClientId',
    'EntityNotExist.OIDCProvider',
    'LimitExceeded.OIDCProvider.ClientId',
  ],
  trail: { request: ['OIDCProviderName', 'ClientId'], response: ['OIDCProvider'] },
});

export const RemoveClientIdFromOIDCProvider = operation({
  action: 'RemoveClientIdFromOIDCProvider',
  group: 'oidc-providers',
  summary: 'Accepts an audience no longer; one that is not there is no error.',
  effect: 'write',
  grants: [{ action: 'ram:RemoveClientIdFromOIDCProvider', resource: provider }],
  request: z.object({ OIDCProviderName, ClientId }),
  response,
  errors: ['InvalidParameter.OIDCProviderName', 'InvalidParameter.ClientId', 'EntityNotExist.OIDCProvider'],
  trail: { request: ['OIDCProviderName', 'ClientId'], response: ['OIDCProvider'] },
});
