import type { Operation } from '../operation.ts';
import type { Product } from '../product.ts';
import * as accessKeys from './access-keys.ts';
import * as attachments from './attachments.ts';
import * as diagnosis from './diagnosis.ts';
import * as groups from './groups.ts';
import * as policies from './policies.ts';
import * as policyVersions from './policy-versions.ts';
import * as roles from './roles.ts';
import * as simulation from './simulation.ts';
import * as tags from './tags.ts';
import * as users from './users.ts';

/** Every operation served, under its wire name. */
export const ramOperations = {
  CreateUser: users.CreateUser,
  DeleteUser: users.DeleteUser,
  GetUser: users.GetUser,
  ListUsers: users.ListUsers,
  UpdateUser: users.UpdateUser,
  CreateAccessKey: accessKeys.CreateAccessKey,
  DeleteAccessKey: accessKeys.DeleteAccessKey,
  GetAccessKeyLastUsed: accessKeys.GetAccessKeyLastUsed,
  ListAccessKeys: accessKeys.ListAccessKeys,
  UpdateAccessKey: accessKeys.UpdateAccessKey,
  AddUserToGroup: groups.AddUserToGroup,
  CreateGroup: groups.CreateGroup,
  DeleteGroup: groups.DeleteGroup,
  GetGroup: groups.GetGroup,
  ListGroups: groups.ListGroups,
  ListGroupsForUser: groups.ListGroupsForUser,
  ListUsersForGroup: groups.ListUsersForGroup,
  RemoveUserFromGroup: groups.RemoveUserFromGroup,
  UpdateGroup: groups.UpdateGroup,
  CreatePolicy: policies.CreatePolicy,
  DeletePolicy: policies.DeletePolicy,
  GetPolicy: policies.GetPolicy,
  ListPolicies: policies.ListPolicies,
  UpdatePolicyDescription: policies.UpdatePolicyDescription,
  CreatePolicyVersion: policyVersions.CreatePolicyVersion,
  DeletePolicyVersion: policyVersions.DeletePolicyVersion,
  GetPolicyVersion: policyVersions.GetPolicyVersion,
  ListPolicyVersions: policyVersions.ListPolicyVersions,
  SetDefaultPolicyVersion: policyVersions.SetDefaultPolicyVersion,
  AttachPolicyToGroup: attachments.AttachPolicyToGroup,
  AttachPolicyToRole: attachments.AttachPolicyToRole,
  AttachPolicyToUser: attachments.AttachPolicyToUser,
  DetachPolicyFromGroup: attachments.DetachPolicyFromGroup,
  DetachPolicyFromRole: attachments.DetachPolicyFromRole,
  DetachPolicyFromUser: attachments.DetachPolicyFromUser,
  ListEntitiesForPolicy: attachments.ListEntitiesForPolicy,
  ListPoliciesForGroup: attachments.ListPoliciesForGroup,
  ListPoliciesForRole: attachments.ListPoliciesForRole,
  ListPoliciesForUser: attachments.ListPoliciesForUser,
  CreateRole: roles.CreateRole,
  DeleteRole: roles.DeleteRole,
  GetRole: roles.GetRole,
  ListRoles: roles.ListRoles,
  UpdateRole: roles.UpdateRole,
  ListTagResources: tags.ListTagResources,
  TagResources: tags.TagResources,
  UntagResources: tags.UntagResources,
  SimulatePolicy: simulation.SimulatePolicy,
  DecodeDiagnosticMessage: diagnosis.DecodeDiagnosticMessage,
} as const;

export type RamOperations = typeof ramOperations;
export type RamAction = keyof RamOperations;

export const RAM: Product = {
  name: 'Ram',
  version: '2015-05-01',
  operations: new Map<string, Operation>(Object.entries(ramOperations)),
  /** Console logins, second factors, and names and rules of the account as a whole (RAM 1.3). */
  unsupported: new Set([
    'BindMFADevice',
    'ChangePassword',
    'ClearAccountAlias',
    'CreateLoginProfile',
    'CreateServiceLinkedRole',
    'CreateVirtualMFADevice',
    'DeleteLoginProfile',
    'DeleteServiceLinkedRole',
    'DeleteVirtualMFADevice',
    'GetAccountAlias',
    'GetLoginProfile',
    'GetPasswordPolicy',
    'GetSecurityPreference',
    'GetUserMFAInfo',
    'ListVirtualMFADevices',
    'SetAccountAlias',
    'SetPasswordPolicy',
    'SetSecurityPreference',
    'UnbindMFADevice',
    'UpdateLoginProfile',
  ]),
};
