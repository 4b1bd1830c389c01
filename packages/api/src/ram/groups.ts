import * as z from 'zod';
import { operation } from '../operation.ts';
import { dateText } from '../values.ts';
import { comments, groupName, newComments, paging, truncation, userName } from './values.ts';

const group = { kind: 'group', parameter: 'GroupName' } as const;
const user = { kind: 'user', parameter: 'UserName' } as const;

const groupMembers = {
  GroupId: z.string(),
  GroupName: z.string(),
  Comments: z.string(),
  CreateDate: dateText,
};
const updated = { UpdateDate: dateText };

const groupErrors = ['InvalidParameter.GroupName.InvalidChars', 'InvalidParameter.GroupName.Length'] as const;
const userErrors = ['InvalidParameter.UserName.InvalidChars', 'InvalidParameter.UserName.Length'] as const;

export const CreateGroup = operation({
  action: 'CreateGroup',
  group: 'groups',
  summary: 'Makes a group of users.',
  effect: 'write',
  grants: [{ action: 'ram:CreateGroup', resource: { kind: 'groups' } }],
  request: z.object({ GroupName: groupName(), Comments: comments.optional() }),
  response: z.object({ Group: z.object(groupMembers) }),
  errors: [
    ...groupErrors,
    'InvalidParameter.Comments.Length',
    'EntityAlreadyExists.Group',
    'LimitExceeded.Group',
  ],
  trail: { request: ['GroupName', 'Comments'], response: ['Group'] },
});

export const GetGroup = operation({
  action: 'GetGroup',
  group: 'groups',
  summary: 'Describes a group.',
  effect: 'read',
  grants: [{ action: 'ram:GetGroup', resource: group }],
  request: z.object({ GroupName: groupName() }),
  response: z.object({ Group: z.object({ ...groupMembers, ...updated }) }),
  errors: [...groupErrors, 'EntityNotExist.Group'],
  trail: { request: ['GroupName'], response: [] },
});

export const UpdateGroup = operation({
  action: 'UpdateGroup',
  group: 'groups',
  summary: 'Renames or describes a group anew; what is absent stays.',
  effect: 'write',
  grants: [{ action: 'ram:UpdateGroup', resource: group }],
  request: z.object({
    GroupName: groupName(),
    NewGroupName: groupName('NewGroupName').optional(),
    NewComments: newComments.optional(),
  }),
  response: z.object({ Group: z.object({ ...groupMembers, ...updated }) }),
  errors: [
    ...groupErrors,
    'InvalidParameter.NewGroupName.InvalidChars',
    'InvalidParameter.NewGroupName.Length',
    'InvalidParameter.NewComments.Length',
    'EntityNotExist.Group',
    'EntityAlreadyExists.Group',
  ],
  trail: { request: ['GroupName', 'NewGroupName', 'NewComments'], response: ['Group'] },
});

export const DeleteGroup = operation({
  action: 'DeleteGroup',
  group: 'groups',
  summary: 'Deletes a group that has no members and no policies any more.',
  effect: 'write',
  grants: [{ action: 'ram:DeleteGroup', resource: group }],
  request: z.object({ GroupName: groupName() }),
  response: z.object({}),
  errors: [
    ...groupErrors,
    'EntityNotExist.Group',
    'DeleteConflict.Group.Policy',
    'DeleteConflict.Group.User',
  ],
  trail: { request: ['GroupName'], response: [] },
});

export const ListGroups = operation({
  action: 'ListGroups',
  group: 'groups',
  summary: 'Pages through the groups of the account.',
  effect: 'read',
  grants: [{ action: 'ram:ListGroups', resource: { kind: 'groups' } }],
  request: z.object(paging),
  response: z.object({
    Groups: z.object({ Group: z.array(z.object({ ...groupMembers, ...updated })) }),
    ...truncation,
  }),
  errors: ['InvalidParameter'],
  trail: { request: ['Marker', 'MaxItems'], response: [] },
});

// --- members ---------------------------------------------------------------------------------------

const membership = z.object({ UserName: userName(), GroupName: groupName() });
const membershipErrors = [
  ...userErrors,
  ...groupErrors,
  'EntityNotExist.User',
  'EntityNotExist.Group',
] as const;

export const AddUserToGroup = operation({
  action: 'AddUserToGroup',
  group: 'groups',
  summary: "Makes a user a member of a group; the policies of the group are the user's from then on.",
  effect: 'write',
  grants: [
    { action: 'ram:AddUserToGroup', resource: user },
    { action: 'ram:AddUserToGroup', resource: group },
  ],
  request: membership,
  response: z.object({}),
  errors: [...membershipErrors, 'EntityAlreadyExists.User.Group', 'LimitExceeded.User.Group'],
  trail: { request: ['UserName', 'GroupName'], response: [] },
});

export const RemoveUserFromGroup = operation({
  action: 'RemoveUserFromGroup',
  group: 'groups',
  summary: 'Ends the membership of a user in a group.',
  effect: 'write',
  grants: [
    { action: 'ram:RemoveUserFromGroup', resource: user },
    { action: 'ram:RemoveUserFromGroup', resource: group },
  ],
  request: membership,
  response: z.object({}),
  errors: [...membershipErrors, 'EntityNotExist.User.Group'],
  trail: { request: ['UserName', 'GroupName'], response: [] },
});

export const ListGroupsForUser = operation({
  action: 'ListGroupsForUser',
  group: 'groups',
  summary: 'Lists the groups of a user.',
  effect: 'read',
  grants: [{ action: 'ram:ListGroupsForUser', resource: user }],
  request: z.object({ UserName: userName() }),
  response: z.object({
    Groups: z.object({
      Group: z.array(
        z.object({
          GroupId: z.string(),
          GroupName: z.string(),
          Comments: z.string(),
          JoinDate: dateText,
        }),
      ),
    }),
  }),
  errors: [...userErrors, 'EntityNotExist.User'],
  trail: { request: ['UserName'], response: [] },
});

export const ListUsersForGroup = operation({
  action: 'ListUsersForGroup',
  group: 'groups',
  summary: 'Pages through the members of a group.',
  effect: 'read',
  grants: [{ action: 'ram:ListUsersForGroup', resource: group }],
  request: z.object({ GroupName: groupName(), ...paging }),
  response: z.object({
    Users: z.object({
      User: z.array(z.object({ UserName: z.string(), DisplayName: z.string(), JoinDate: dateText })),
    }),
    ...truncation,
  }),
  errors: ['InvalidParameter', ...groupErrors, 'EntityNotExist.Group'],
  trail: { request: ['GroupName', 'Marker', 'MaxItems'], response: [] },
});
