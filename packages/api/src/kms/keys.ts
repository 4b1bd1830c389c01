import * as z from 'zod';
import { parseKeyArn } from '../arn.ts';
import { operation } from '../operation.ts';
import { boolean, type FieldMeta, failsWith, integer, jsonList, notOffered, text } from '../values.ts';
import { KeyMetadata, keySpec, keyUsage, origin, protectionLevel, rotationInterval } from './key-metadata.ts';
import { tagList } from './tags.ts';
import { keyIdOnly, keyName, page, pageNumber, pageSize } from './values.ts';

const MAX_DESCRIPTION_CHARS = 8192;

const description = text(MAX_DESCRIPTION_CHARS, 0)
  .meta({ keepsEmpty: true } satisfies FieldMeta)
  .describe('up to 8192 characters; may be empty');

export const CreateKey = operation({
  action: 'CreateKey',
  group: 'keys',
  summary: 'Makes a key and, unless its material is to be imported, its first version.',
  effect: 'write',
  grants: [{ action: 'kms:CreateKey', resource: { kind: 'keys' } }],
  request: z
    .object({
      Description: description.optional(),
      KeySpec: keySpec.optional().describe('default Aliyun_AES_256'),
      KeyUsage: keyUsage.optional().describe('default SIGN/VERIFY where the spec can sign'),
      Origin: origin.optional().describe('Aliyun_KMS (default); EXTERNAL: material is imported later'),
      ProtectionLevel: protectionLevel.optional().describe('SOFTWARE (default) or HSM'),
      EnableAutomaticRotation: boolean.optional().describe('default false'),
      RotationInterval: rotationInterval
        .optional()
        .describe('7 to 730 days, as 365d, 8760h or 31536000s; needed for automatic rotation'),
      Tags: tagList.optional(),
      DKMSInstanceId: notOffered('there are no KMS instances', 'Forbidden.DKMSInstanceNotFound').optional(),
      Policy: notOffered('key policies exist in KMS instances only').optional(),
    })
    .refine((key) => !key.EnableAutomaticRotation || key.RotationInterval !== undefined, {
      ...failsWith('MissingParameter'),
      path: ['RotationInterval'],
    }),
  response: z.object({ KeyMetadata }),
  errors: [
    'InvalidParameter',
    'Unsupported.ProtectionLevel',
    'UnsupportedOperation',
    'Rejected.LimitExceeded',
    'Forbidden.DKMSInstanceNotFound',
  ],
  trail: {
    request: [
      'Description',
      'KeySpec',
      'KeyUsage',
      'Origin',
      'ProtectionLevel',
      'EnableAutomaticRotation',
      'RotationInterval',
      'Tags',
    ],
    response: ['KeyMetadata'],
  },
});

/** KMS semantics 16. */
const filterKeys = z.enum([
  'KeyState',
  'KeySpec',
  'KeyUsage',
  'ProtectionLevel',
  'CreatorType',
  'DKMSInstanceId',
  'KeyId',
  'AliasName',
  'Creator',
  'TagKey',
  'TagValue',
]);

/** Some of the vendor's pages print `keyId`. */
const filterKey = z.codec(z.union([filterKeys, z.literal('keyId')]), filterKeys, {
  decode: (key) => (key === 'keyId' ? 'KeyId' : key),
  encode: (key) => key,
});

export const ListKeys = operation({
  action: 'ListKeys',
  group: 'keys',
  summary: 'Pages through the keys of the account in the region.',
  effect: 'read',
  grants: [{ action: 'kms:ListKeys', resource: { kind: 'keys' } }],
  request: z.object({
    PageNumber: pageNumber,
    PageSize: pageSize,
    Filters: jsonList(z.object({ Key: filterKey, Values: z.array(text(256, 0)).max(10) }), 10, 0)
      .optional()
      .describe('[{"Key":"KeyState","Values":["Enabled"]}]: any of the values, all of the keys'),
  }),
  response: z.object({
    Keys: z.object({ Key: z.array(z.object({ KeyId: z.string(), KeyArn: z.string() })) }),
    ...page,
  }),
  errors: ['InvalidParameter'],
  trail: { request: ['PageNumber', 'PageSize', 'Filters'], response: [] },
});

export const DescribeKey = operation({
  action: 'DescribeKey',
  group: 'keys',
  summary: 'Returns the metadata of one key.',
  effect: 'read',
  grants: [{ action: 'kms:DescribeKey', resource: { kind: 'key', parameter: 'KeyId', alias: true } }],
  request: z.object({ KeyId: keyName }),
  response: z.object({ KeyMetadata }),
  errors: ['InvalidParameter', 'Forbidden.AliasNotFound', 'Forbidden.KeyNotFound'],
  trail: { request: ['KeyId'], response: [] },
});

export const UpdateKeyDescription = operation({
  action: 'UpdateKeyDescription',
  group: 'keys',
  summary: 'Replaces the description of a key.',
  effect: 'write',
  grants: [{ action: 'kms:UpdateKeyDescription', resource: { kind: 'key', parameter: 'KeyId' } }],
  request: z.object({ KeyId: keyIdOnly, Description: description }),
  response: z.object({}),
  errors: ['InvalidParameter', 'Unsupported.Alias', 'Forbidden.KeyNotFound', 'Rejected.PendingDeletion'],
  trail: { request: ['KeyId', 'Description'], response: [] },
});

const stateErrors = [
  'InvalidParameter',
  'Unsupported.Alias',
  'Forbidden.KeyNotFound',
  'Rejected.StateModifiedFailed',
] as const;

export const EnableKey = operation({
  action: 'EnableKey',
  group: 'keys',
  summary: 'Makes a disabled key usable.',
  effect: 'write',
  grants: [{ action: 'kms:EnableKey', resource: { kind: 'key', parameter: 'KeyId' } }],
  request: z.object({ KeyId: keyIdOnly }),
  response: z.object({}),
  errors: stateErrors,
  trail: { request: ['KeyId'], response: [] },
});

export const DisableKey = operation({
  ...EnableKey,
  action: 'DisableKey',
  summary: 'Makes a key unusable until it is enabled again.',
  grants: [{ action: 'kms:DisableKey', resource: { kind: 'key', parameter: 'KeyId' } }],
});

export const ScheduleKeyDeletion = operation({
  action: 'ScheduleKeyDeletion',
  group: 'keys',
  summary: 'Destroys a key, and so everything encrypted under it, after a waiting time.',
  effect: 'write',
  grants: [{ action: 'kms:ScheduleKeyDeletion', resource: { kind: 'key', parameter: 'KeyId' } }],
  request: z.object({
    KeyId: keyIdOnly,
    PendingWindowInDays: integer(7, 366).optional().describe('7 to 366 days, default 30'),
  }),
  response: z.object({}),
  errors: stateErrors,
  trail: { request: ['KeyId', 'PendingWindowInDays'], response: [] },
});

export const CancelKeyDeletion = operation({
  ...EnableKey,
  action: 'CancelKeyDeletion',
  summary: 'Stops a scheduled deletion; the key is enabled again.',
  grants: [{ action: 'kms:CancelKeyDeletion', resource: { kind: 'key', parameter: 'KeyId' } }],
});

export const SetDeletionProtection = operation({
  action: 'SetDeletionProtection',
  group: 'keys',
  summary: 'Turns protection against deletion on or off for a key.',
  effect: 'write',
  grants: [
    {
      action: 'kms:SetDeletionProtection',
      resource: { kind: 'key', parameter: 'ProtectedResourceArn', alternative: 'KeyId' },
    },
  ],
  request: z
    .object({
      ProtectedResourceArn: text(512)
        .refine((arn) => parseKeyArn(arn) !== undefined)
        .optional()
        .describe('key ARN; either this or KeyId'),
      KeyId: keyIdOnly.optional(),
      EnableDeletionProtection: boolean.describe('true: protect, false: no longer protect'),
      DeletionProtectionDescription: text(MAX_DESCRIPTION_CHARS)
        .optional()
        .describe('why; kept only when protecting'),
      KmsInstanceId: notOffered('there are no KMS instances').optional(),
    })
    .refine((key) => key.ProtectedResourceArn !== undefined || key.KeyId !== undefined, {
      ...failsWith('MissingParameter'),
      path: ['ProtectedResourceArn'],
    })
    .refine((key) => key.ProtectedResourceArn === undefined || key.KeyId === undefined, { path: ['KeyId'] }),
  response: z.object({}),
  errors: [
    'InvalidParameter',
    'UnsupportedOperation',
    'Unsupported.Alias',
    'Forbidden.KeyNotFound',
    'Rejected.PendingDeletion',
  ],
  trail: {
    request: ['ProtectedResourceArn', 'KeyId', 'EnableDeletionProtection', 'DeletionProtectionDescription'],
    response: [],
  },
});
