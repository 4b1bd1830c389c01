import * as z from 'zod';
import { operation } from '../operation.ts';
import { dateText, integer } from '../values.ts';
import { description, paging, policyDocument, roleName, shownTags, tagList, truncation } from './values.ts';

/** Seconds that a session of a role may last at most (RAM 2). */
export const MIN_MAX_SESSION_SECONDS = 3600;
export const MAX_MAX_SESSION_SECONDS = 43_200;
const maxSessionDuration = integer(MIN_MAX_SESSION_SECONDS, MAX_MAX_SESSION_SECONDS);

const role = { kind: 'role', parameter: 'RoleName' } as const;

const roleMembers = {
  RoleId: z.string(),
  RoleName: z.string(),
  Arn: z.string(),
  Description: z.string(),
  MaxSessionDuration: z.int(),
  CreateDate: dateText,
};
const updated = { UpdateDate: dateText };
/** The text that was stored. */
const trust = { AssumeRolePolicyDocument: z.string() };

const nameErrors = ['InvalidParameter.RoleName.InvalidChars', 'InvalidParameter.RoleName.Length'] as const;

export const CreateRole = operation({
  action: 'CreateRole',
  group: 'roles',
  summary: 'Makes a role that those may assume whom its trust policy names.',
  effect: 'write',
  grants: [{ action: 'ram:CreateRole', resource: { kind: 'roles' } }],
  request: z.object({
    RoleName: roleName,
    AssumeRolePolicyDocument: policyDocument('AssumeRolePolicyDocument'),
    Description: description().optional(),
    MaxSessionDuration: maxSessionDuration.optional().describe('3600 (default) to 43200 seconds'),
    Tag: tagList.optional(),
  }),
  response: z.object({ Role: z.object({ ...roleMembers, ...trust }) }),
  errors: [
    'InvalidParameter',
    ...nameErrors,
    'InvalidParameter.AssumeRolePolicyDocument.Length',
    'InvalidParameter.Description.Length',
    'MalformedPolicyDocument',
    'EntityAlreadyExists.Role',
    'LimitExceeded.Role',
  ],
  trail: {
    request: ['RoleName', 'AssumeRolePolicyDocument', 'Description', 'MaxSessionDuration', 'Tag'],
    response: ['Role'],
  },
});

export const GetRole = operation({
  action: 'GetRole',
  group: 'roles',
  summary: 'Describes a role, with its trust policy.',
  effect: 'read',
  grants: [{ action: 'ram:GetRole', resource: role }],
  request: z.object({ RoleName: roleName }),
  response: z.object({ Role: z.object({ ...roleMembers, ...trust, ...updated }) }),
  errors: [...nameErrors, 'EntityNotExist.Role'],
  trail: { request: ['RoleName'], response: [] },
});

export const UpdateRole = operation({
  action: 'UpdateRole',
  group: 'roles',
  summary: 'Changes the trust policy, description or session length of a role; what is absent stays.',
  effect: 'write',
  grants: [{ action: 'ram:UpdateRole', resource: role }],
  request: z.object({
    RoleName: roleName,
    NewAssumeRolePolicyDocument: policyDocument('NewAssumeRolePolicyDocument').optional(),
    NewDescription: description('NewDescription').optional(),
    NewMaxSessionDuration: maxSessionDuration.optional().describe('3600 to 43200 seconds'),
  }),
  response: z.object({ Role: z.object({ ...roleMembers, ...trust, ...updated }) }),
  errors: [
    'InvalidParameter',
    ...nameErrors,
    'InvalidParameter.NewAssumeRolePolicyDocument.Length',
    'InvalidParameter.NewDescription.Length',
    'MalformedPolicyDocument',
    'EntityNotExist.Role',
  ],
  trail: {
    request: ['RoleName', 'NewAssumeRolePolicyDocument', 'NewDescription', 'NewMaxSessionDuration'],
    response: ['Role'],
  },
});

export const DeleteRole = operation({
  action: 'DeleteRole',
  group: 'roles',
  summary: 'Deletes a role that has no policies any more, and ends its sessions.',
  effect: 'write',
  grants: [{ action: 'ram:DeleteRole', resource: role }],
  request: z.object({ RoleName: roleName }),
  response: z.object({}),
  errors: [...nameErrors, 'EntityNotExist.Role', 'DeleteConflict.Role.Policy'],
  trail: { request: ['RoleName'], response: [] },
});

export const ListRoles = operation({
  action: 'ListRoles',
  group: 'roles',
  summary: 'Pages through the roles of the account.',
  effect: 'read',
  grants: [{ action: 'ram:ListRoles', resource: { kind: 'roles' } }],
  request: z.object({ ...paging, Tag: tagList.optional().describe('only roles that carry all of these') }),
  response: z.object({
    Roles: z.object({ Role: z.array(z.object({ ...roleMembers, ...updated, Tags: shownTags })) }),
    ...truncation,
  }),
  errors: ['InvalidParameter'],
  trail: { request: ['Marker', 'MaxItems', 'Tag'], response: [] },
});
