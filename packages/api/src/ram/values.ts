import * as z from 'zod';
import {
  codedChoice,
  codedText,
  type FieldMeta,
  failsWith,
  integer,
  jsonList,
  notOffered,
  text,
} from '../values.ts';

/** The field kinds of RAM (RAM 2 gives the lengths). */

type Named = 'UserName' | 'NewUserName' | 'GroupName' | 'NewGroupName' | 'RoleName' | 'PolicyName';

const name = (parameter: Named, max: number, characters: RegExp, description: string) =>
  z
    .string()
    .refine(
      (value) => value.length >= 1 && value.length <= max,
      failsWith(`InvalidParameter.${parameter}.Length`),
    )
    .refine((value) => characters.test(value), failsWith(`InvalidParameter.${parameter}.InvalidChars`))
    .describe(description);

export const userName = (parameter: 'UserName' | 'NewUserName' = 'UserName') =>
  name(parameter, 64, /^[A-Za-z0-9._-]*$/, '1 to 64 letters, digits, . - _');

export const groupName = (parameter: 'GroupName' | 'NewGroupName' = 'GroupName') =>
  name(parameter, 64, /^[A-Za-z0-9._-]*$/, '1 to 64 letters, digits, . - _');

export const roleName = name('RoleName', 64, /^[A-Za-z0-9.-]*$/, '1 to 64 letters, digits, . -');
export const policyName = name('PolicyName', 128, /^[A-Za-z0-9-]*$/, '1 to 128 letters, digits, -');

export const policyType = codedChoice('InvalidParameter.PolicyType', ['System', 'Custom']).describe(
  'System or Custom',
);

export const versionId = codedText('InvalidParameter.VersionId.Format', /^v[1-9]\d*$/, 2, 10).describe(
  'v1, v2, ...',
);

type Limited =
  | 'Comments'
  | 'NewComments'
  | 'Description'
  | 'NewDescription'
  | 'PolicyDocument'
  | 'AssumeRolePolicyDocument'
  | 'NewAssumeRolePolicyDocument';

const limited = (parameter: Limited, max: number, min: number, description: string) =>
  z
    .string()
    .refine(
      (value) => value.length >= min && value.length <= max,
      failsWith(`InvalidParameter.${parameter}.Length`),
    )
    .describe(description);

const MAX_COMMENTS_CHARS = 128;
const MAX_DESCRIPTION_CHARS = 1024;
export const MAX_POLICY_CHARS = 6144;

export const comments = limited('Comments', MAX_COMMENTS_CHARS, 1, 'up to 128 characters');

/** An empty text clears; Terraform sends it so. */
export const newComments = limited(
  'NewComments',
  MAX_COMMENTS_CHARS,
  0,
  'up to 128 characters; empty clears',
).meta({ keepsEmpty: true } satisfies FieldMeta);

export const description = (parameter: 'Description' | 'NewDescription' = 'Description') =>
  limited(parameter, MAX_DESCRIPTION_CHARS, 1, '1 to 1024 characters');

/** Text; the server reads the grammar (RAM 3.1, 10) and keeps the text as it was sent. */
export const policyDocument = (
  parameter: 'PolicyDocument' | 'AssumeRolePolicyDocument' | 'NewAssumeRolePolicyDocument',
) => limited(parameter, MAX_POLICY_CHARS, 1, 'policy as JSON text, up to 6144 characters');

/**
 * The vendor's sources disagree whether a display name holds more than letters, digits and `@ . _ -`; here
 * they are the letters of any script, and spaces.
 */
const displayCharacters = /^[\p{L}\p{M}\p{N} @._-]*$/u;

export const displayName = (parameter: 'DisplayName' | 'NewDisplayName') =>
  z
    .string()
    .refine(
      (value) => value.length >= 1 && value.length <= 128,
      failsWith(`InvalidParameter.${parameter}.Length`),
    )
    .refine((value) => displayCharacters.test(value), failsWith(`InvalidParameter.${parameter}.InvalidChars`))
    .describe('1 to 128 letters, digits, spaces, @ . _ -');

const isEmail = (value: string) => value.length <= 128 && /^[^\s@]+@[^\s@]+$/.test(value);

export const email = z
  .string()
  .refine(isEmail, failsWith('InvalidParameter.Email.Format'))
  .describe('e-mail address');

/** An empty text clears; Terraform sends it so. */
export const newEmail = z
  .string()
  .refine((value) => value === '' || isEmail(value), failsWith('InvalidParameter.NewEmail.Format'))
  .meta({ keepsEmpty: true } satisfies FieldMeta)
  .describe('e-mail address; empty clears');

export const mobilePhone = (parameter: 'MobilePhone' | 'NewMobilePhone') =>
  z
    .string()
    .refine((value) => /^\d{1,4}-\d{3,20}$/.test(value), failsWith(`InvalidParameter.${parameter}.Format`))
    .describe('<country code>-<number>');

/** Ignoring it would attach to the whole account what was meant for a part of it. */
export const resourceGroupId = notOffered('there are no resource groups').optional();

// --- tags ------------------------------------------------------------------------------------------

/** Per role or policy (RAM 2), and so per call. */
export const MAX_TAGS = 20;

export const tagKey = text(128);

/** May be empty: Python's requests send `[]` for no tags. */
export const tagList = jsonList(z.object({ Key: tagKey, Value: text(256, 0).optional() }), MAX_TAGS, 0)
  .refine((tags) => new Set(tags.map(({ Key }) => Key)).size === tags.length)
  .describe('[{"Key":"k","Value":"v"}], up to 20, no key twice');

/** As the lists of roles and policies show them. */
export const shownTags = z.object({
  Tag: z.array(z.object({ TagKey: z.string(), TagValue: z.string() })),
});

// --- paging ----------------------------------------------------------------------------------------

export const paging = {
  Marker: text(1024).optional().describe('as the previous page gave it'),
  MaxItems: integer(1, 1000).optional().describe('1 to 1000, default 100'),
};

/** `Marker` is there only while `IsTruncated`. */
export const truncation = { IsTruncated: z.boolean(), Marker: z.string().optional() };
