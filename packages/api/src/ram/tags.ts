import * as z from 'zod';
import { operation } from '../operation.ts';
import { boolean, failsWith, integer, jsonList, text } from '../values.ts';
import { MAX_TAGS, tagKey, tagList } from './values.ts';

const MAX_RESOURCES = 50;

const listed = {
  kind: 'listedByType',
  parameter: 'ResourceNames',
  typeParameter: 'ResourceType',
} as const;

const resourceType = z.enum(['role', 'policy']);
const ResourceType = resourceType.describe('role or policy');
const resourceNames = jsonList(text(128), MAX_RESOURCES).describe('["name1","name2"], up to 50');

const errors = ['InvalidParameter', 'EntityNotExist.Policy', 'EntityNotExist.Role'] as const;

export const TagResources = operation({
  action: 'TagResources',
  group: 'ram-tags',
  summary: 'Sets tags on several roles or policies: on all of them or none.',
  effect: 'write',
  grants: [{ action: 'ram:TagResources', resource: listed }],
  request: z.object({ ResourceType, ResourceNames: resourceNames, Tag: tagList }),
  response: z.object({}),
  errors,
  trail: { request: ['ResourceType', 'ResourceNames', 'Tag'], response: [] },
});

export const UntagResources = operation({
  action: 'UntagResources',
  group: 'ram-tags',
  summary: 'Removes tags from several roles or policies; absent ones are no error.',
  effect: 'write',
  grants: [{ action: 'ram:UntagResources', resource: listed }],
  request: z
    .object({
      ResourceType,
      ResourceNames: resourceNames,
      TagKeys: jsonList(tagKey, MAX_TAGS).optional().describe('["k1","k2"], up to 20'),
      All: boolean.optional().describe('true: every tag; TagKeys means nothing then'),
    })
    .refine((request) => request.TagKeys !== undefined || request.All === true, {
      ...failsWith('MissingParameter'),
      path: ['TagKeys'],
    }),
  response: z.object({}),
  errors,
  trail: { request: ['ResourceType', 'ResourceNames', 'TagKeys', 'All'], response: [] },
});

export const ListTagResources = operation({
  action: 'ListTagResources',
  group: 'ram-tags',
  summary: 'Pages through the tags of roles or policies: of those named, or of all.',
  effect: 'read',
  grants: [{ action: 'ram:ListTagResources', resource: listed }],
  request: z.object({
    ResourceType,
    ResourceNames: resourceNames.optional(),
    Tag: tagList.optional().describe('only what carries all of these; without Value: with any value'),
    NextToken: text(1024).optional().describe('as the previous page gave it'),
    PageSize: integer(1, 100).optional().describe('1 to 100'),
  }),
  response: z.object({
    TagResources: z.array(
      z.object({
        ResourceType: resourceType,
        ResourceName: z.string(),
        TagKey: z.string(),
        TagValue: z.string(),
      }),
    ),
    /** `""` on the last page. */
    NextToken: z.string(),
  }),
  errors,
  trail: { request: ['ResourceType', 'ResourceNames', 'Tag', 'NextToken', 'PageSize'], response: [] },
});
