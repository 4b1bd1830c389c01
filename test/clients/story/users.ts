import assert from 'node:assert/strict';
import { names, PLAINTEXT, policyOf, READ_ONLY } from './people.ts';
import { NotOffered, type Step, step } from './scene.ts';

/** Users, groups and policies: who may use which key. */
export const USERS: readonly Step[] = [
  step(
    'a user is made, renamed and listed',
    'ram:CreateUser ram:GetUser ram:UpdateUser ram:ListUsers',
    async (scene) => {
      const { UserName } = names(scene);
      const NewUserName = UserName;
      const asked = { UserName: `${UserName}.new`, DisplayName: 'Ada 王', Comments: 'no comment' };
      const made = await scene.call('ram:CreateUser', asked);
      assert.match(made.text('User.UserId'), /^\d+$/);
      await scene.call('ram:UpdateUser', { UserName: asked.UserName, NewUserName });
      const found = await scene.call('ram:GetUser', { UserName });
      for (const member of ['UserId', 'DisplayName', 'Comments', 'CreateDate']) {
        assert.equal(found.text(`User.${member}`), made.text(`User.${member}`), member);
      }
      const listed = await scene.call('ram:ListUsers', { MaxItems: 100 });
      assert.ok(listed.list('Users.User', 'UserName').includes(UserName));
      await scene.refuses('EntityAlreadyExists.User', 409, 'ram:CreateUser', { UserName });
      await scene.refuses('EntityNotExist.User', 404, 'ram:GetUser', { UserName: asked.UserName });
    },
  ),
  step(
    'the user gets an access key, which can be switched off',
    'ram:CreateAccessKey ram:ListAccessKeys ram:UpdateAccessKey ram:GetAccessKeyLastUsed',
    async (scene) => {
      const { UserName } = names(scene);
      const made = await scene.call('ram:CreateAccessKey', { UserName });
      const accessKeyId = made.text('AccessKey.AccessKeyId');
      const accessKeySecret = made.text('AccessKey.AccessKeySecret');
      scene.user = { type: 'access_key', accessKeyId, accessKeySecret };
      const listed = await scene.call('ram:ListAccessKeys', { UserName });
      assert.deepEqual(listed.list('AccessKeys.AccessKey', 'AccessKeyId'), [accessKeyId]);
      const key = { UserName, UserAccessKeyId: accessKeyId };
      await scene.call('ram:UpdateAccessKey', { ...key, Status: 'Inactive' });
      await scene.as(scene.user).refuses('InvalidAccessKeyId.Inactive', 400, 'sts:GetCallerIdentity');
      await scene.call('ram:UpdateAccessKey', { ...key, Status: 'Active' });
      await scene.as(scene.user).call('sts:GetCallerIdentity');
      const used = await scene.call('ram:GetAccessKeyLastUsed', key);
      assert.match(used.text('AccessKeyLastUsed.LastUsedDate'), /^20\d\d-\d\d-\d\dT/);
    },
  ),
  step('a user without a policy is refused', '', async (scene) => {
    const user = scene.as(scene.user);
    const { detail } = await user.refuses('Forbidden.NoPermission', 403, 'ListKeys');
    await user.refuses('NoPermission', 403, 'ram:ListUsers');
    await user.refuses('NoPermission', 403, 'actiontrail:LookupEvents', { MaxResults: '1' });
    scene.denial = detail ?? undefined;
  }),
  step(
    'what a refusal says of its reason is told, and can be decoded',
    'ram:DecodeDiagnosticMessage',
    async (scene) => {
      if (scene.denial === undefined) throw new NotOffered('ram:DecodeDiagnosticMessage');
      const { AuthAction, AuthPrincipalType, NoPermissionType, EncodedDiagnosticMessage } = scene.denial;
      assert.deepEqual(
        [AuthAction, AuthPrincipalType, NoPermissionType],
        ['kms:ListKeys', 'SubUser', 'ImplicitDeny'],
      );
      const decoded = await scene.call('ram:DecodeDiagnosticMessage', { EncodedDiagnosticMessage });
      assert.equal(decoded.text('DecodedDiagnosticMessage.AuthAction'), 'kms:ListKeys');
    },
  ),
  step(
    'a group gives its members a policy, until it is taken',
    'ram:CreateGroup ram:GetGroup ram:UpdateGroup ram:ListGroups ram:AddUserToGroup ram:ListUsersForGroup ' +
      'ram:ListGroupsForUser ram:AttachPolicyToGroup ram:ListPoliciesForGroup ram:DetachPolicyFromGroup ' +
      'ram:RemoveUserFromGroup ram:DeleteGroup',
    async (scene) => {
      const { UserName, GroupName } = names(scene);
      await scene.call('ram:CreateGroup', { GroupName, Comments: 'c' });
      await scene.call('ram:UpdateGroup', { GroupName, NewComments: 'readers' });
      const found = await scene.call('ram:GetGroup', { GroupName });
      assert.equal(found.text('Group.Comments'), 'readers');
      const groups = await scene.call('ram:ListGroups', { MaxItems: 100 });
      assert.ok(groups.list('Groups.Group', 'GroupName').includes(GroupName));
      await scene.call('ram:AddUserToGroup', { GroupName, UserName });
      const members = await scene.call('ram:ListUsersForGroup', { GroupName });
      assert.deepEqual(members.list('Users.User', 'UserName'), [UserName]);
      const memberships = await scene.call('ram:ListGroupsForUser', { UserName });
      assert.deepEqual(memberships.list('Groups.Group', 'GroupName'), [GroupName]);
      await scene.call('ram:AttachPolicyToGroup', { ...READ_ONLY, GroupName });
      const attached = await scene.call('ram:ListPoliciesForGroup', { GroupName });
      assert.deepEqual(attached.list('Policies.Policy', 'PolicyName'), [READ_ONLY.PolicyName]);
      await scene.as(scene.user).call('ListKeys');
      await scene.refuses('DeleteConflict.Group.User', 409, 'ram:DeleteGroup', { GroupName });
      await scene.call('ram:DetachPolicyFromGroup', { ...READ_ONLY, GroupName });
      await scene.as(scene.user).refuses('Forbidden.NoPermission', 403, 'ListKeys');
      await scene.call('ram:RemoveUserFromGroup', { GroupName, UserName });
      await scene.call('ram:DeleteGroup', { GroupName });
    },
  ),
  step(
    'a policy allows one key, and nothing else',
    'ram:CreatePolicy ram:GetPolicy ram:ListPolicies ram:UpdatePolicyDescription ram:AttachPolicyToUser ' +
      'ram:ListPoliciesForUser ram:ListEntitiesForPolicy',
    async (scene) => {
      const { UserName, PolicyName } = names(scene);
      const made = await scene.call('CreateKey');
      scene.key = made.text('KeyMetadata.KeyId');
      scene.arn = made.text('KeyMetadata.Arn');
      scene.otherKey = (await scene.call('CreateKey')).text('KeyMetadata.KeyId');
      const document = policyOf('kms:Encrypt', scene.arn);
      await scene.call('ram:CreatePolicy', { PolicyName, PolicyDocument: document, Description: 'd' });
      await scene.call('ram:UpdatePolicyDescription', { PolicyName, NewDescription: 'Encrypts 王' });
      const policy = { PolicyType: 'Custom', PolicyName };
      const found = await scene.call('ram:GetPolicy', policy);
      assert.equal(found.text('Policy.Description'), 'Encrypts 王');
      assert.equal(found.text('DefaultPolicyVersion.PolicyDocument'), document);
      const custom = await scene.call('ram:ListPolicies', { PolicyType: 'Custom', MaxItems: 100 });
      assert.ok(custom.list('Policies.Policy', 'PolicyName').includes(PolicyName));
      await scene.call('ram:AttachPolicyToUser', { ...policy, UserName });
      const attached = await scene.call('ram:ListPoliciesForUser', { UserName });
      assert.deepEqual(attached.list('Policies.Policy', 'PolicyName'), [PolicyName]);
      const entities = await scene.call('ram:ListEntitiesForPolicy', policy);
      assert.deepEqual(entities.list('Users.User', 'UserName'), [UserName]);
      const user = scene.as(scene.user);
      await user.call('Encrypt', { KeyId: scene.key, Plaintext: PLAINTEXT });
      const other = { KeyId: scene.otherKey, Plaintext: PLAINTEXT };
      await user.refuses('Forbidden.NoPermission', 403, 'Encrypt', other);
      await user.refuses('Forbidden.NoPermission', 403, 'DescribeKey', { KeyId: scene.key });
    },
  ),
  step(
    'a version of a policy counts while it is the default',
    'ram:CreatePolicyVersion ram:ListPolicyVersions ram:GetPolicyVersion ram:SetDefaultPolicyVersion ' +
      'ram:DeletePolicyVersion',
    async (scene) => {
      const { PolicyName } = names(scene);
      const user = scene.as(scene.user);
      const describes = { KeyId: scene.key };
      const PolicyDocument = policyOf(['kms:Encrypt', 'kms:DescribeKey', 'sts:AssumeRole'], '*');
      await scene.call('ram:CreatePolicyVersion', { PolicyName, PolicyDocument, SetAsDefault: false });
      await user.refuses('Forbidden.NoPermission', 403, 'DescribeKey', describes);
      const policy = { PolicyType: 'Custom', PolicyName };
      const version = await scene.call('ram:GetPolicyVersion', { ...policy, VersionId: 'v2' });
      assert.equal(version.text('PolicyVersion.PolicyDocument'), PolicyDocument);
      await scene.call('ram:SetDefaultPolicyVersion', { PolicyName, VersionId: 'v2' });
      await user.call('DescribeKey', describes);
      await scene.call('ram:DeletePolicyVersion', { PolicyName, VersionId: 'v1' });
      const left = await scene.call('ram:ListPolicyVersions', policy);
      assert.deepEqual(left.list('PolicyVersions.PolicyVersion', 'VersionId'), ['v2']);
    },
  ),
];
