import * as z from 'zod';
import { operation } from '../operation.ts';
import { boolean, dateText } from '../values.ts';
import {
  description,
  paging,
  policyDocument,
  policyName,
  policyType,
  shownTags,
  tagList,
  truncation,
} from './values.ts';

const customPolicy = { kind: 'policy', parameter: 'PolicyName' } as const;
const policy = { ...customPolicy, typeParameter: 'PolicyType' } as const;
const named = { PolicyType: policyType, PolicyName: policyName };

const policyMembers = {
  PolicyName: z.string(),
  PolicyType: z.enum(['System', 'Custom']),
  Description: z.string(),
  DefaultVersion: z.string(),
  CreateDate: dateText,
};
const updated = { UpdateDate: dateText };

const nameErrors = [
  'InvalidParameter.PolicyName.InvalidChars',
  'InvalidParameter.PolicyName.Length',
] as const;
const namedErrors = [...nameErrors, 'InvalidParameter.PolicyType', 'EntityNotExist.Policy'] as const;

export const CreatePolicy = operation({
  action: 'CreatePolicy',
  group: 'policies',
  summary: 'Makes a policy; its document becomes version v1, the default.',
  effect: 'write',
  grants: [{ action: 'ram:CreatePolicy', resource: { kind: 'policies' } }],
  request: z.object({
    PolicyName: policyName,
    PolicyDocument: policyDocument('PolicyDocument'),
    Description: description().optional(),
    Tag: tagList.optional(),
  }),
  response: z.object({ Policy: z.object(policyMembers) }),
  errors: [
    'InvalidParameter',
    ...nameErrors,
    'InvalidParameter.PolicyDocument.Length',
    'InvalidParameter.Description.Length',
    'MalformedPolicyDocument',
    'EntityAlreadyExists.Policy',
    'LimitExceeded.Policy',
  ],
  trail: { request: ['PolicyName', 'PolicyDocument', 'Description', 'Tag'], response: ['Policy'] },
});

export const GetPolicy = operation({
  action: 'GetPolicy',
  group: 'policies',
  summary: 'Describes a policy, with the document of its default version.',
  effect: 'read',
  grants: [{ action: 'ram:GetPolicy', resource: policy }],
  request: z.object(named),
  response: z.object({
    Policy: z.object({
      ...policyMembers,
      ...updated,
      AttachmentCount: z.int(),
      /** Obsolete; the same as in DefaultPolicyVersion. */
      PolicyDocument: z.string(),
    }),
    DefaultPolicyVersion: z.object({
      VersionId: z.string(),
      IsDefaultVersion: z.boolean(),
      PolicyDocument: z.string(),
      CreateDate: dateText,
    }),
  }),
  errors: namedErrors,
  trail: { request: ['PolicyType', 'PolicyName'], response: [] },
});

export const UpdatePolicyDescription = operation({
  action: 'UpdatePolicyDescription',
  group: 'policies',
  summary: 'Describes a policy anew.',
  effect: 'write',
  grants: [{ action: 'ram:UpdatePolicyDescription', resource: customPolicy }],
  request: z.object({ PolicyName: policyName, NewDescription: description('NewDescription') }),
  response: z.object({ Policy: z.object({ ...policyMembers, ...updated }) }),
  errors: [...nameErrors, 'InvalidParameter.NewDescription.Length', 'EntityNotExist.Policy'],
  trail: { request: ['PolicyName', 'NewDescription'], response: ['Policy'] },
});

export const DeletePolicy = operation({
  action: 'DeletePolicy',
  group: 'policies',
  summary: 'Deletes a policy that is attached to nothing.',
  effect: 'write',
  grants: [{ action: 'ram:DeletePolicy', resource: customPolicy }],
  request: z.object({
    PolicyName: policyName,
    CascadingDelete: boolean
      .optional()
      .describe('true: with all its versions; else only the default is left'),
  }),
  response: z.object({}),
  errors: [
    'InvalidParameter',
    ...nameErrors,
    'EntityNotExist.Policy',
    'DeleteConflict.Policy.Group',
    'DeleteConflict.Policy.User',
    'DeleteConflict.Policy.Version',
    'DeleteConflict.Role.Policy',
  ],
  trail: { request: ['PolicyName', 'CascadingDelete'], response: [] },
});

export const ListPolicies = operation({
  action: 'ListPolicies',
  group: 'policies',
  summary: 'Pages through the policies that can be attached.',
  effect: 'read',
  grants: [{ action: 'ram:ListPolicies', resource: { kind: 'policies' } }],
  request: z.object({
    PolicyType: policyType.optional().describe('System or Custom; without it both'),
    ...paging,
    Tag: tagList.optional().describe('only policies that carry all of these'),
  }),
  response: z.object({
    Policies: z.object({
      Policy: z.array(z.object({ ...policyMembers, ...updated, AttachmentCount: z.int(), Tags: shownTags })),
    }),
    ...truncation,
  }),
  errors: ['InvalidParameter', 'InvalidParameter.PolicyType'],
  trail: { request: ['PolicyType', 'Marker', 'MaxItems', 'Tag'], response: [] },
});
