import * as z from 'zod';
import type { ErrorCode } from '../errors.ts';
import { operation } from '../operation.ts';
import { boolean, failsWith, jsonList, notOffered, repeatList, text } from '../values.ts';
import { keyIdOnly } from './values.ts';

/** Per key (KMS semantics 22), and so per call. */
export const MAX_TAGS = 20;
const MAX_RESOURCES = 50;

const tagText = /^[A-Za-z0-9/\\_\-.+=:@]{0,128}$/;
const isTagKey = (key: string) => key !== '' && tagText.test(key) && !/^(aliyun|acs:)/i.test(key);
const isTagValue = (value: string) => tagText.test(value);

const tagKey = z
  .string()
  .refine(isTagKey)
  .describe('1 to 128 letters, digits, / \\ _ - . + = : @; not starting with aliyun or acs:');
const tagValue = z.string().refine(isTagValue).describe('up to 128 of the same characters');

/** A check that no key comes twice; the failure has a code of its own where the vendor documents one. */
const distinct =
  <T>(keyOf: (tag: T) => string, code: ErrorCode = 'InvalidParameter') =>
  (tags: readonly T[], context: z.RefinementCtx): void => {
    const seen = new Set<string>();
    for (const key of tags.map(keyOf)) {
      if (seen.has(key)) {
        context.addIssue({ code: 'custom', ...failsWith(code, undefined, { tagKey: key }) });
      }
      seen.add(key);
    }
  };

/** Tags as CreateKey and TagResource take them. */
export const tagList = jsonList(z.object({ TagKey: tagKey, TagValue: tagValue }), MAX_TAGS)
  .superRefine(distinct((tag) => tag.TagKey))
  .describe('[{"TagKey":"k","TagValue":"v"}], up to 20');

/** Exactly one of three names is documented; only keys can be named here. */
const taggedKey = {
  KeyId: keyIdOnly.optional(),
  SecretName: notOffered('there are no secrets').optional(),
  CertificateId: notOffered('there are no certificates').optional(),
};
const namesKey = (request: { readonly KeyId?: string | undefined }) => request.KeyId !== undefined;
const keyMissing = { ...failsWith('MissingParameter'), path: ['KeyId'] };

export const TagResource = operation({
  action: 'TagResource',
  group: 'tags',
  summary: 'Sets tags on a key; a tag that exists gets the new value.',
  effect: 'write',
  grants: [{ action: 'kms:TagResource', resource: { kind: 'key', parameter: 'KeyId' } }],
  request: z.object({ ...taggedKey, Tags: tagList }).refine(namesKey, keyMissing),
  response: z.object({}),
  errors: [
    'InvalidParameter',
    'UnsupportedOperation',
    'Unsupported.Alias',
    'Rejected.LimitExceeded',
    'Forbidden.KeyNotFound',
    'Rejected.PendingDeletion',
  ],
  trail: { request: ['KeyId', 'Tags'], response: [] },
});

export const UntagResource = operation({
  action: 'UntagResource',
  group: 'tags',
  summary: 'Removes tags from a key; absent ones are no error.',
  effect: 'write',
  grants: [{ action: 'kms:UntagResource', resource: { kind: 'key', parameter: 'KeyId' } }],
  request: z
    .object({ ...taggedKey, TagKeys: jsonList(tagKey, MAX_TAGS).describe('["k1","k2"], up to 20') })
    .refine(namesKey, keyMissing),
  response: z.object({}),
  errors: [
    'InvalidParameter',
    'UnsupportedOperation',
    'Unsupported.Alias',
    'Forbidden.KeyNotFound',
    'Rejected.PendingDeletion',
  ],
  trail: { request: ['KeyId', 'TagKeys'], response: [] },
});

export const ListResourceTags = operation({
  action: 'ListResourceTags',
  group: 'tags',
  summary: 'Lists the tags of one key.',
  effect: 'read',
  grants: [{ action: 'kms:ListResourceTags', resource: { kind: 'key', parameter: 'KeyId' } }],
  request: z.object({ KeyId: keyIdOnly }),
  response: z.object({
    Tags: z.object({
      Tag: z.array(z.object({ KeyId: z.string(), TagKey: z.string(), TagValue: z.string() })),
    }),
  }),
  errors: ['InvalidParameter', 'Unsupported.Alias', 'Forbidden.KeyNotFound'],
  trail: { request: ['KeyId'], response: [] },
});

// --- several keys at once --------------------------------------------------------------------------

const resourceIds = repeatList(text(512), MAX_RESOURCES).describe('up to 50 key ids');
const resources = {
  /** A common parameter, too: the region that the server answers for is meant where it is absent. */
  RegionId: text(64).optional().describe('region of the keys'),
  ResourceType: z
    .enum(['key', 'secret'])
    .refine((type) => type === 'key', failsWith('UnsupportedOperation', 'there are no secrets'))
    .describe('key'),
};
const listedKeys = { kind: 'listedKeys', parameter: 'ResourceId' } as const;

export const TagResources = operation({
  action: 'TagResources',
  group: 'tags',
  summary: 'Sets tags on several keys: on all of them or none.',
  effect: 'write',
  grants: [{ action: 'kms:TagResources', resource: listedKeys }],
  request: z.object({
    ...resources,
    ResourceId: resourceIds,
    Tag: repeatList(
      z.object({
        Key: z.string().refine(isTagKey, failsWith('InvalidParameter.TagKey')),
        // Clients that leave empty values out mean an empty one.
        Value: z.string().refine(isTagValue, failsWith('InvalidParameter.TagValue')).optional(),
      }),
      MAX_TAGS,
    )
      .superRefine(distinct((tag) => tag.Key, 'Duplicate.TagKey'))
      .describe('up to 20 of Key and Value'),
  }),
  response: z.object({}),
  errors: [
    'InvalidParameter',
    'InvalidParameter.TagKey',
    'InvalidParameter.TagValue',
    'Duplicate.TagKey',
    'UnsupportedOperation',
    'Rejected.LimitExceeded',
    'InvalidResourceId.NotFound',
    'Rejected.PendingDeletion',
  ],
  trail: { request: ['RegionId', 'ResourceType', 'ResourceId', 'Tag'], response: [] },
});

export const UntagResources = operation({
  action: 'UntagResources',
  group: 'tags',
  summary: 'Removes tags from several keys; absent ones are no error.',
  effect: 'write',
  grants: [{ action: 'kms:UntagResources', resource: listedKeys }],
  request: z
    .object({
      ...resources,
      ResourceId: resourceIds,
      TagKey: repeatList(z.string().refine(isTagKey, failsWith('InvalidParameter.TagKey')), MAX_TAGS)
        .optional()
        .describe('up to 20 tag keys'),
      All: boolean.optional().describe('true: every tag; without meaning beside TagKey'),
    })
    .refine((request) => request.TagKey !== undefined || request.All === true, {
      ...failsWith('MissingParameter'),
      path: ['TagKey'],
    }),
  response: z.object({}),
  errors: [
    'InvalidParameter',
    'InvalidParameter.TagKey',
    'UnsupportedOperation',
    'InvalidResourceId.NotFound',
    'Rejected.PendingDeletion',
  ],
  trail: { request: ['RegionId', 'ResourceType', 'ResourceId', 'TagKey', 'All'], response: [] },
});

export const ListTagResources = operation({
  action: 'ListTagResources',
  group: 'tags',
  summary: 'Pages through the tags of several keys, or of all keys of the account in the region.',
  effect: 'read',
  grants: [{ action: 'kms:ListTagResources', resource: listedKeys }],
  request: z.object({
    ...resources,
    ResourceId: resourceIds.optional(),
    Tag: repeatList(z.object({ Key: text(128), Value: text(128, 0).optional() }), MAX_TAGS)
      .superRefine(distinct((tag) => tag.Key, 'Duplicate.TagKey'))
      .optional()
      .describe('only keys that carry all of these; without Value: with any value'),
    NextToken: text(1024).optional().describe('as the previous page gave it'),
  }),
  response: z.object({
    TagResources: z.object({
      TagResource: z.array(
        z.object({
          ResourceId: z.string(),
          ResourceType: z.string(),
          TagKey: z.string(),
          TagValue: z.string(),
        }),
      ),
    }),
    /** `""` on the last page. */
    NextToken: z.string(),
  }),
  errors: ['InvalidParameter', 'Duplicate.TagKey', 'UnsupportedOperation', 'InvalidResourceId.NotFound'],
  trail: { request: ['RegionId', 'ResourceType', 'ResourceId', 'Tag', 'NextToken'], response: [] },
});
