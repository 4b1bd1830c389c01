import * as z from 'zod';
import { operation } from '../operation.ts';
import { boolean, dateText, failsWith } from '../values.ts';
import { rotationInterval } from './key-metadata.ts';
import { keyIdOnly, keyName, keyVersionId, page, pageNumber, pageSize } from './values.ts';

const keyVersion = { KeyId: z.string(), KeyVersionId: z.string(), CreationDate: dateText };
const KeyVersion = z.object(keyVersion);
const keyErrors = ['InvalidParameter', 'Forbidden.AliasNotFound', 'Forbidden.KeyNotFound'] as const;
const usableErrors = ['Rejected.Disabled', 'Rejected.PendingDeletion', 'Rejected.PendingImport'] as const;

export const CreateKeyVersion = operation({
  action: 'CreateKeyVersion',
  group: 'versions',
  summary: 'Makes a new version of a key at once, which encrypts from now on; older ones go on decrypting.',
  effect: 'write',
  grants: [{ action: 'kms:CreateKeyVersion', resource: { kind: 'key', parameter: 'KeyId', alias: true } }],
  request: z.object({ KeyId: keyName }),
  response: z.object({ KeyVersion }),
  errors: [
    ...keyErrors,
    'Rejected.UnsupportedOperation',
    'Rejected.LimitExceeded',
    'Rejected.Unavailable',
    ...usableErrors,
  ],
  trail: { request: ['KeyId'], response: ['KeyVersion'] },
});

export const UpdateRotationPolicy = operation({
  action: 'UpdateRotationPolicy',
  group: 'versions',
  summary: 'Turns automatic rotation of a key on or off and sets its interval.',
  effect: 'write',
  grants: [{ action: 'kms:UpdateRotationPolicy', resource: { kind: 'key', parameter: 'KeyId' } }],
  request: z
    .object({
      KeyId: keyIdOnly,
      EnableAutomaticRotation: boolean.describe('true: a new version whenever the interval is over'),
      RotationInterval: rotationInterval
        .optional()
        .describe('7 to 730 days, as 365d, 8760h or 31536000s; needed for automatic rotation'),
    })
    .refine((policy) => !policy.EnableAutomaticRotation || policy.RotationInterval !== undefined, {
      ...failsWith('MissingParameter'),
      path: ['RotationInterval'],
    }),
  response: z.object({}),
  errors: [
    'InvalidParameter',
    'Unsupported.Alias',
    'Forbidden.KeyNotFound',
    'Rejected.UnsupportedOperation',
    ...usableErrors,
  ],
  trail: { request: ['KeyId', 'EnableAutomaticRotation', 'RotationInterval'], response: [] },
});

export const DescribeKeyVersion = operation({
  action: 'DescribeKeyVersion',
  group: 'versions',
  summary: 'Returns the metadata of one key version.',
  effect: 'read',
  grants: [{ action: 'kms:DescribeKeyVersion', resource: { kind: 'key', parameter: 'KeyId', alias: true } }],
  request: z.object({ KeyId: keyName, KeyVersionId: keyVersionId }),
  response: z.object({
    /** The last hour in which the version was used is ours: the vendor's clients skip what they do not know. */
    KeyVersion: z.object({ ...keyVersion, LastUsedDate: dateText.optional() }),
  }),
  errors: [...keyErrors, 'Forbidden.KeyVersionNotFound'],
  trail: { request: ['KeyId', 'KeyVersionId'], response: [] },
});

export const ListKeyVersions = operation({
  action: 'ListKeyVersions',
  group: 'versions',
  summary: 'Pages through the versions of a key.',
  effect: 'read',
  grants: [{ action: 'kms:ListKeyVersions', resource: { kind: 'key', parameter: 'KeyId', alias: true } }],
  request: z.object({ KeyId: keyName, PageNumber: pageNumber, PageSize: pageSize }),
  response: z.object({ KeyVersions: z.object({ KeyVersion: z.array(KeyVersion) }), ...page }),
  errors: keyErrors,
  trail: { request: ['KeyId', 'PageNumber', 'PageSize'], response: [] },
});
