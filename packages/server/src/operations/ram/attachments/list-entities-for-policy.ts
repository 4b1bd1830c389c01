import { identityArn } from '@keyhold/api/arn.ts';
import { ListEntitiesForPolicy } from '@keyhold/api/ram/attachments.ts';
import type { Directory } from '../../../ram/directory.ts';
import type { Attachment } from '../../../ram/records.ts';
import { requirePolicy } from '../../../ram/require.ts';
import { dateText } from '../../date-text.ts';
import { handler } from '../../handler.ts';

export const listEntitiesForPolicy = handler(ListEntitiesForPolicy, async (kms, { params, caller }) => {
  const directory = await kms.ram.get(caller.accountId);
  const policy = requirePolicy(directory, params.PolicyType, params.PolicyName);
  const attachments = directory.attachmentsOf(policy.policyType, policy.policyName);
  return {
    Users: { User: attachments.flatMap((attachment) => shownUser(directory, attachment)) },
    Groups: { Group: attachments.flatMap((attachment) => shownGroup(directory, attachment)) },
    Roles: { Role: attachments.flatMap((attachment) => shownRole(directory, attachment)) },
  };
});

function shownUser(directory: Directory, { target, attachedAt }: Attachment) {
  const user = target.kind === 'user' ? directory.userById(target.id) : undefined;
  if (user === undefined) return [];
  const { userId, userName, displayName } = user;
  return [{ UserId: userId, UserName: userName, DisplayName: displayName, AttachDate: dateText(attachedAt) }];
}

function shownGroup(directory: Directory, { target, attachedAt }: Attachment) {
  const isTarget = (groupId: string) => target.kind === 'group' && target.id === groupId;
  const group = directory.groups.find(({ groupId }) => isTarget(groupId));
  if (group === undefined) return [];
  return [{ GroupName: group.groupName, Comments: group.comments, AttachDate: dateText(attachedAt) }];
}

function shownRole(directory: Directory, { target, attachedAt }: Attachment) {
  const role = target.kind === 'role' ? directory.roleById(target.id) : undefined;
  if (role === undefined) return [];
  const { roleId, roleName, description } = role;
  const Arn = identityArn(directory.accountId, 'role', roleName);
  return [
    { RoleId: roleId, RoleName: roleName, Arn, Description: description, AttachDate: dateText(attachedAt) },
  ];
}
