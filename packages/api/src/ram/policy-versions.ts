import * as z from 'zod';
import { operation } from '../operation.ts';
import { boolean, dateText } from '../values.ts';
import { policyDocument, policyName, policyType, versionId } from './values.ts';

const customPolicy = { kind: 'policy', parameter: 'PolicyName' } as const;
const policy = { ...customPolicy, typeParameter: 'PolicyType' } as const;

/** `PolicyDocument` is the text that was stored. */
const version = z.object({
  VersionId: z.string(),
  IsDefaultVersion: z.boolean(),
  PolicyDocument: z.string(),
  CreateDate: dateText,
});

const customErrors = [
  'InvalidParameter.PolicyName.InvalidChars',
  'InvalidParameter.PolicyName.Length',
  'EntityNotExist.Policy',
] as const;
const versionErrors = ['InvalidParameter.VersionId.Format', 'EntityNotExist.Policy.Version'] as const;

export const CreatePolicyVersion = operation({
  action: 'CreatePolicyVersion',
  group: 'policy-versions',
  summary: 'Adds a version to a policy, of at most five.',
  effect: 'write',
  grants: [{ action: 'ram:CreatePolicyVersion', resource: customPolicy }],
  request: z.object({
    PolicyName: policyName,
    PolicyDocument: policyDocument('PolicyDocument'),
    SetAsDefault: boolean.optional().describe('true: what it says counts from now on; default false'),
    RotateStrategy: z
      .enum(['None', 'DeleteOldestNonDefaultVersionWhenLimitExceeded'])
      .optional()
      .describe('None (default), or DeleteOldestNonDefaultVersionWhenLimitExceeded'),
  }),
  response: z.object({ PolicyVersion: version }),
  errors: [
    'InvalidParameter',
    ...customErrors,
    'InvalidParameter.PolicyDocument.Length',
    'MalformedPolicyDocument',
    'LimitExceeded.Policy.Version',
  ],
  trail: {
    request: ['PolicyName', 'PolicyDocument', 'SetAsDefault', 'RotateStrategy'],
    response: ['PolicyVersion'],
  },
});

export const GetPolicyVersion = operation({
  action: 'GetPolicyVersion',
  group: 'policy-versions',
  summary: 'Describes one version of a policy.',
  effect: 'read',
  grants: [{ action: 'ram:GetPolicyVersion', resource: policy }],
  request: z.object({ PolicyType: policyType, PolicyName: policyName, VersionId: versionId }),
  response: z.object({ PolicyVersion: version }),
  errors: [...customErrors, 'InvalidParameter.PolicyType', ...versionErrors],
  trail: { request: ['PolicyType', 'PolicyName', 'VersionId'], response: [] },
});

export const ListPolicyVersions = operation({
  action: 'ListPolicyVersions',
  group: 'policy-versions',
  summary: 'Lists the versions of a policy.',
  effect: 'read',
  grants: [{ action: 'ram:ListPolicyVersions', resource: policy }],
  request: z.object({ PolicyType: policyType, PolicyName: policyName }),
  response: z.object({ PolicyVersions: z.object({ PolicyVersion: z.array(version) }) }),
  errors: [...customErrors, 'InvalidParameter.PolicyType'],
  trail: { request: ['PolicyType', 'PolicyName'], response: [] },
});

export const SetDefaultPolicyVersion = operation({
  action: 'SetDefaultPolicyVersion',
  group: 'policy-versions',
  summary: 'Makes another version of a policy the one that counts.',
  effect: 'write',
  grants: [{ action: 'ram:SetDefaultPolicyVersion', resource: customPolicy }],
  request: z.object({ PolicyName: policyName, VersionId: versionId }),
  response: z.object({}),
  errors: [...customErrors, ...versionErrors],
  trail: { request: ['PolicyName', 'VersionId'], response: [] },
});

export const DeletePolicyVersion = operation({
  action: 'DeletePolicyVersion',
  group: 'policy-versions',
  summary: 'Deletes a version of a policy that is not its default.',
  effect: 'write',
  grants: [{ action: 'ram:DeletePolicyVersion', resource: customPolicy }],
  request: z.object({ PolicyName: policyName, VersionId: versionId }),
  response: z.object({}),
  errors: [...customErrors, ...versionErrors, 'DeleteConflict.Policy.Version.Default'],
  trail: { request: ['PolicyName', 'VersionId'], response: [] },
});
