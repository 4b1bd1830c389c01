import * as z from 'zod';
import { operation } from '../operation.ts';
import { dateText } from '../values.ts';
import { groupName, policyName, policyType, resourceGroupId, roleName, userName } from './values.ts';

const user = { kind: 'user', parameter: 'UserName' } as const;
const group = { kind: 'group', parameter: 'GroupName' } as const;
const role = { kind: 'role', parameter: 'RoleName' } as const;
const policy = { kind: 'policy', parameter: 'PolicyName', typeParameter: 'PolicyType' } as const;

const attached = { PolicyType: policyType, PolicyName: policyName, ResourceGroupId: resourceGroupId };

const policyErrors = [
  'InvalidParameter.PolicyName.InvalidChars',
  'InvalidParameter.PolicyName.Length',
  'InvalidParameter.PolicyType',
  'EntityNotExist.Policy',
] as const;
const userErrors = [
  'InvalidParameter.UserName.InvalidChars',
  'InvalidParameter.UserName.Length',
  'EntityNotExist.User',
] as const;
const groupErrors = [
  'InvalidParameter.GroupName.InvalidChars',
  'InvalidParameter.GroupName.Length',
  'EntityNotExist.Group',
] as const;
const roleErrors = [
  'InvalidParameter.RoleName.InvalidChars',
  'InvalidParameter.RoleName.Length',
  'EntityNotExist.Role',
] as const;

export const AttachPolicyToUser = operation({
  action: 'AttachPolicyToUser',
  group: 'attachments',
  summary: 'Gives a user what a policy says.',
  effect: 'write',
  grants: [
    { action: 'ram:AttachPolicyToUser', resource: user },
    { action: 'ram:AttachPolicyToUser', resource: policy },
  ],
  request: z.object({ ...attached, UserName: userName() }),
  response: z.object({}),
  errors: [
    'UnsupportedOperation',
    ...policyErrors,
    ...userErrors,
    'EntityAlreadyExists.User.Policy',
    'LimitExceeded.User.Policy',
  ],
  trail: { request: ['PolicyType', 'PolicyName', 'UserName'], response: [] },
});

export const DetachPolicyFromUser = operation({
  action: 'DetachPolicyFromUser',
  group: 'attachments',
  summary: 'Takes a policy from a user.',
  effect: 'write',
  grants: [
    { action: 'ram:DetachPolicyFromUser', resource: user },
    { action: 'ram:DetachPolicyFromUser', resource: policy },
  ],
  request: AttachPolicyToUser.request,
  response: z.object({}),
  errors: ['UnsupportedOperation', ...policyErrors, ...userErrors, 'EntityNotExist.User.Policy'],
  trail: { request: ['PolicyType', 'PolicyName', 'UserName'], response: [] },
});

export const AttachPolicyToGroup = operation({
  action: 'AttachPolicyToGroup',
  group: 'attachments',
  summary: 'Gives the members of a group what a policy says.',
  effect: 'write',
  grants: [
    { action: 'ram:AttachPolicyToGroup', resource: group },
    { action: 'ram:AttachPolicyToGroup', resource: policy },
  ],
  request: z.object({ ...attached, GroupName: groupName() }),
  response: z.object({}),
  errors: [
    'UnsupportedOperation',
    ...policyErrors,
    ...groupErrors,
    'EntityAlreadyExists.Group.Policy',
    'LimitExceeded.Group.Policy',
  ],
  trail: { request: ['PolicyType', 'PolicyName', 'GroupName'], response: [] },
});

export const DetachPolicyFromGroup = operation({
  action: 'DetachPolicyFromGroup',
  group: 'attachments',
  summary: 'Takes a policy from a group.',
  effect: 'write',
  grants: [
    { action: 'ram:DetachPolicyFromGroup', resource: group },
    { action: 'ram:DetachPolicyFromGroup', resource: policy },
  ],
  request: AttachPolicyToGroup.request,
  response: z.object({}),
  errors: ['UnsupportedOperation', ...policyErrors, ...groupErrors, 'EntityNotExist.Group.Policy'],
  trail: { request: ['PolicyType', 'PolicyName', 'GroupName'], response: [] },
});

export const AttachPolicyToRole = operation({
  action: 'AttachPolicyToRole',
  group: 'attachments',
  summary: 'Gives the sessions of a role what a policy says.',
  effect: 'write',
  grants: [
    { action: 'ram:AttachPolicyToRole', resource: role },
    { action: 'ram:AttachPolicyToRole', resource: policy },
  ],
  request: z.object({ ...attached, RoleName: roleName }),
  response: z.object({}),
  errors: [
    'UnsupportedOperation',
    ...policyErrors,
    ...roleErrors,
    'EntityAlreadyExists.Role.Policy',
    'LimitExceeded.Role.Policy',
  ],
  trail: { request: ['PolicyType', 'PolicyName', 'RoleName'], response: [] },
});

export const DetachPolicyFromRole = operation({
  action: 'DetachPolicyFromRole',
  group: 'attachments',
  summary: 'Takes a policy from a role.',
  effect: 'write',
  grants: [
    { action: 'ram:DetachPolicyFromRole', resource: role },
    { action: 'ram:DetachPolicyFromRole', resource: policy },
  ],
  request: AttachPolicyToRole.request,
  response: z.object({}),
  errors: ['UnsupportedOperation', ...policyErrors, ...roleErrors, 'EntityNotExist.Role.Policy'],
  trail: { request: ['PolicyType', 'PolicyName', 'RoleName'], response: [] },
});

// --- what is attached where ------------------------------------------------------------------------

const attachDate = { AttachDate: dateText };

const attachedPolicies = z.object({
  Policies: z.object({
    Policy: z.array(
      z.object({
        PolicyName: z.string(),
        PolicyType: z.enum(['System', 'Custom']),
        Description: z.string(),
        DefaultVersion: z.string(),
        ...attachDate,
      }),
    ),
  }),
});

export const ListPoliciesForUser = operation({
  action: 'ListPoliciesForUser',
  group: 'attachments',
  summary: "Lists the policies attached to a user, without those of the user's groups.",
  effect: 'read',
  grants: [{ action: 'ram:ListPoliciesForUser', resource: user }],
  request: z.object({ UserName: userName() }),
  response: attachedPolicies,
  errors: userErrors,
  trail: { request: ['UserName'], response: [] },
});

export const ListPoliciesForGroup = operation({
  action: 'ListPoliciesForGroup',
  group: 'attachments',
  summary: 'Lists the policies attached to a group.',
  effect: 'read',
  grants: [{ action: 'ram:ListPoliciesForGroup', resource: group }],
  request: z.object({ GroupName: groupName() }),
  response: attachedPolicies,
  errors: groupErrors,
  trail: { request: ['GroupName'], response: [] },
});

export const ListPoliciesForRole = operation({
  action: 'ListPoliciesForRole',
  group: 'attachments',
  summary: 'Lists the policies attached to a role.',
  effect: 'read',
  grants: [{ action: 'ram:ListPoliciesForRole', resource: role }],
  request: z.object({ RoleName: roleName }),
  response: attachedPolicies,
  errors: roleErrors,
  trail: { request: ['RoleName'], response: [] },
});

export const ListEntitiesForPolicy = operation({
  action: 'ListEntitiesForPolicy',
  group: 'attachments',
  summary: 'Lists the users, groups and roles that a policy is attached to.',
  effect: 'read',
  grants: [{ action: 'ram:ListEntitiesForPolicy', resource: policy }],
  request: z.object({ PolicyType: policyType, PolicyName: policyName }),
  response: z.object({
    Users: z.object({
      User: z.array(
        z.object({ UserId: z.string(), UserName: z.string(), DisplayName: z.string(), ...attachDate }),
      ),
    }),
    Groups: z.object({
      Group: z.array(z.object({ GroupName: z.string(), Comments: z.string(), ...attachDate })),
    }),
    Roles: z.object({
      Role: z.array(
        z.object({
          RoleId: z.string(),
          RoleName: z.string(),
          Arn: z.string(),
          Description: z.string(),
          ...attachDate,
        }),
      ),
    }),
  }),
  errors: policyErrors,
  trail: { request: ['PolicyType', 'PolicyName'], response: [] },
});
