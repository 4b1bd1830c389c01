import * as z from 'zod';
import { operation } from '../operation.ts';
import { dateText } from '../values.ts';
import {
  comments,
  displayName,
  email,
  mobilePhone,
  newComments,
  newEmail,
  paging,
  truncation,
  userName,
} from './values.ts';

const user = { kind: 'user', parameter: 'UserName' } as const;

/** Texts are `""` where there is none. */
const userMembers = {
  UserId: z.string(),
  UserName: z.string(),
  DisplayName: z.string(),
  MobilePhone: z.string(),
  Email: z.string(),
  Comments: z.string(),
  CreateDate: dateText,
};
const updated = { UpdateDate: dateText };

const nameErrors = ['InvalidParameter.UserName.InvalidChars', 'InvalidParameter.UserName.Length'] as const;

export const CreateUser = operation({
  action: 'CreateUser',
  group: 'users',
  summary: 'Makes a user, who has no access key and no permission yet.',
  effect: 'write',
  grants: [{ action: 'ram:CreateUser', resource: { kind: 'users' } }],
  request: z.object({
    UserName: userName(),
    DisplayName: displayName('DisplayName').optional(),
    MobilePhone: mobilePhone('MobilePhone').optional(),
    Email: email.optional(),
    Comments: comments.optional(),
  }),
  response: z.object({ User: z.object(userMembers) }),
  errors: [
    ...nameErrors,
    'InvalidParameter.DisplayName.InvalidChars',
    'InvalidParameter.DisplayName.Length',
    'InvalidParameter.MobilePhone.Format',
    'InvalidParameter.Email.Format',
    'InvalidParameter.Comments.Length',
    'EntityAlreadyExists.User',
    'LimitExceeded.User',
  ],
  trail: {
    request: ['UserName', 'DisplayName', 'MobilePhone', 'Email', 'Comments'],
    response: ['User'],
  },
});

export const GetUser = operation({
  action: 'GetUser',
  group: 'users',
  summary: 'Describes a user.',
  effect: 'read',
  grants: [{ action: 'ram:GetUser', resource: user }],
  request: z.object({ UserName: userName() }),
  response: z.object({ User: z.object({ ...userMembers, ...updated, LastLoginDate: dateText }) }),
  errors: [...nameErrors, 'EntityNotExist.User'],
  trail: { request: ['UserName'], response: [] },
});

export const UpdateUser = operation({
  action: 'UpdateUser',
  group: 'users',
  summary: 'Renames or describes a user anew; what is absent stays.',
  effect: 'write',
  /** Policies name users: whoever renames one must be allowed both names. */
  grants: [
    { action: 'ram:UpdateUser', resource: user },
    { action: 'ram:UpdateUser', resource: { kind: 'user', parameter: 'NewUserName', ifGiven: true } },
  ],
  request: z.object({
    UserName: userName(),
    NewUserName: userName('NewUserName').optional(),
    NewDisplayName: displayName('NewDisplayName').optional(),
    NewMobilePhone: mobilePhone('NewMobilePhone').optional(),
    NewEmail: newEmail.optional(),
    NewComments: newComments.optional(),
  }),
  response: z.object({ User: z.object({ ...userMembers, ...updated }) }),
  errors: [
    ...nameErrors,
    'InvalidParameter.NewUserName.InvalidChars',
    'InvalidParameter.NewUserName.Length',
    'InvalidParameter.NewDisplayName.InvalidChars',
    'InvalidParameter.NewDisplayName.Length',
    'InvalidParameter.NewMobilePhone.Format',
    'InvalidParameter.NewEmail.Format',
    'InvalidParameter.NewComments.Length',
    'EntityNotExist.User',
    'EntityAlreadyExists.User',
  ],
  trail: {
    request: ['UserName', 'NewUserName', 'NewDisplayName', 'NewMobilePhone', 'NewEmail', 'NewComments'],
    response: ['User'],
  },
});

export const DeleteUser = operation({
  action: 'DeleteUser',
  group: 'users',
  summary: 'Deletes a user who has no access key, group or policy any more.',
  effect: 'write',
  grants: [{ action: 'ram:DeleteUser', resource: user }],
  request: z.object({ UserName: userName() }),
  response: z.object({}),
  errors: [
    ...nameErrors,
    'EntityNotExist.User',
    'DeleteConflict.User.AccessKey',
    'DeleteConflict.User.Group',
    'DeleteConflict.User.Policy',
  ],
  trail: { request: ['UserName'], response: [] },
});

export const ListUsers = operation({
  action: 'ListUsers',
  group: 'users',
  summary: 'Pages through the users of the account.',
  effect: 'read',
  grants: [{ action: 'ram:ListUsers', resource: { kind: 'users' } }],
  request: z.object(paging),
  response: z.object({
    Users: z.object({ User: z.array(z.object({ ...userMembers, ...updated })) }),
    ...truncation,
  }),
  errors: ['InvalidParameter'],
  trail: { request: ['Marker', 'MaxItems'], response: [] },
});
