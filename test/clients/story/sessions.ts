import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { ACCOUNT } from '../server.ts';
import { CRYPTO_USER, names, PLAINTEXT, policyOf, roleArn, sessionOf, TRUSTS_ACCOUNT } from './people.ts';
import { type Scene, type Step, step } from './scene.ts';

/** Events can be looked up a moment after the call. */
const LAG_MS = 5000;

/** The names of calls that the trail has of somebody, once they are all there. */
async function recorded(scene: Scene, Key: string, Value: string, wanted: readonly string[]) {
  const deadline = Date.now() + LAG_MS;
  for (;;) {
    const asked = { LookupAttribute: [{ Key, Value }], MaxResults: '50' };
    const events = (await scene.call('actiontrail:LookupEvents', asked)).entries('Events');
    const found = events.map((event) => event.text('eventName'));
    if (wanted.every((name) => found.includes(name))) return events;
    assert.ok(Date.now() < deadline, `the trail has ${found.join(', ')} alone`);
    await setTimeout(200);
  }
}

/** Roles, what is done in sessions of them, and the trail of it all. */
export const SESSIONS: readonly Step[] = [
  step(
    'a role is made, and given a policy',
    'ram:CreateRole ram:GetRole ram:UpdateRole ram:ListRoles ram:AttachPolicyToRole ram:ListPoliciesForRole',
    async (scene) => {
      const { RoleName } = names(scene);
      const made = await scene.call('ram:CreateRole', {
        RoleName,
        Description: 'batch',
        AssumeRolePolicyDocument: TRUSTS_ACCOUNT,
        MaxSessionDuration: 7200,
      });
      assert.equal(made.text('Role.Arn'), roleArn(RoleName));
      await scene.call('ram:UpdateRole', { RoleName, NewAssumeRolePolicyDocument: TRUSTS_ACCOUNT });
      const found = await scene.call('ram:GetRole', { RoleName });
      assert.equal(found.text('Role.RoleId'), made.text('Role.RoleId'));
      assert.equal(found.text('Role.MaxSessionDuration'), '7200');
      assert.deepEqual(JSON.parse(found.text('Role.AssumeRolePolicyDocument')), JSON.parse(TRUSTS_ACCOUNT));
      const roles = await scene.call('ram:ListRoles', { MaxItems: 100 });
      assert.ok(roles.list('Roles.Role', 'RoleName').includes(RoleName));
      await scene.call('ram:AttachPolicyToRole', { ...CRYPTO_USER, RoleName });
      const attached = await scene.call('ram:ListPoliciesForRole', { RoleName });
      assert.deepEqual(attached.list('Policies.Policy', 'PolicyName'), [CRYPTO_USER.PolicyName]);
    },
  ),
  step('a role carries tags', 'ram:TagResources ram:ListTagResources ram:UntagResources', async (scene) => {
    const { RoleName } = names(scene);
    const role = { ResourceType: 'role', ResourceNames: [RoleName] };
    await scene.call('ram:TagResources', { ...role, Tag: [{ Key: 'Project', Value: 'Apollo 王' }] });
    const tags = await scene.call('ram:ListTagResources', role);
    assert.deepEqual(tags.list('TagResources.TagResource', 'TagValue'), ['Apollo 王']);
    await scene.call('ram:UntagResources', { ...role, TagKeys: ['Project'] });
    const left = await scene.call('ram:ListTagResources', role);
    assert.deepEqual(left.list('TagResources.TagResource', 'TagKey'), []);
  }),
  step('a user assumes the role, and its session works', 'sts:AssumeRole', async (scene) => {
    const { RoleName } = names(scene);
    const asked = { RoleArn: roleArn(RoleName), RoleSessionName: 'nightly@1', DurationSeconds: 900 };
    const issued = await scene.as(scene.user).call('sts:AssumeRole', asked);
    assert.match(issued.text('Credentials.AccessKeyId'), /^STS\./);
    assert.equal(issued.text('AssumedRoleUser.Arn'), `${roleArn(RoleName)}/nightly@1`);
    const minutes = (Date.parse(issued.text('Credentials.Expiration')) - Date.now()) / 60_000;
    assert.equal(Math.round(minutes), 15, 'minutes until Expiration');
    scene.session = sessionOf(issued);
    const session = scene.as(scene.session);
    const asked2 = { KeyId: scene.key, Plaintext: PLAINTEXT };
    const CiphertextBlob = (await session.call('Encrypt', asked2)).text('CiphertextBlob');
    assert.equal((await session.call('Decrypt', { CiphertextBlob })).text('Plaintext'), PLAINTEXT);
    await session.refuses('Forbidden.NoPermission', 403, 'CreateKey');
    await session.refuses('NoPermission', 403, 'ram:ListUsers');
    await scene.refuses('NoPermission', 403, 'sts:AssumeRole', asked);
  }),
  step('account, user and session are told who they are', 'sts:GetCallerIdentity', async (scene) => {
    const { UserName, RoleName } = names(scene);
    const told = async (of: Pick<Scene, 'call'>) => {
      const identity = await of.call('sts:GetCallerIdentity');
      assert.equal(identity.text('AccountId'), ACCOUNT);
      return [identity.text('IdentityType'), identity.text('Arn')];
    };
    assert.deepEqual(await told(scene), ['Account', `acs:ram::${ACCOUNT}:root`]);
    assert.deepEqual(await told(scene.as(scene.user)), ['RAMUser', `acs:ram::${ACCOUNT}:user/${UserName}`]);
    const session = ['AssumedRoleUser', `${roleArn(RoleName)}/nightly@1`];
    assert.deepEqual(await told(scene.as(scene.session)), session);
  }),
  step('a session may no more than the policy it was made with', 'sts:AssumeRole', async (scene) => {
    const issued = await scene.as(scene.user).call('sts:AssumeRole', {
      RoleArn: roleArn(names(scene).RoleName),
      RoleSessionName: 'narrow',
      Policy: policyOf('kms:Encrypt', '*'),
    });
    const session = scene.as(sessionOf(issued));
    const sealed = await session.call('Encrypt', { KeyId: scene.key, Plaintext: PLAINTEXT });
    const CiphertextBlob = sealed.text('CiphertextBlob');
    await session.refuses('Forbidden.NoPermission', 403, 'Decrypt', { CiphertextBlob });
  }),
  step('a token of an OIDC issuer is exchanged for a session', 'sts:AssumeRoleWithOIDC', async (scene) => {
    const { workload } = scene.server;
    const issued = await scene.call('sts:AssumeRoleWithOIDC', {
      OIDCProviderArn: workload.oidcProviderArn,
      RoleArn: workload.roleArn,
      OIDCToken: workload.token,
      RoleSessionName: 'ci-7',
    });
    assert.equal(issued.text('OIDCTokenInfo.Subject'), workload.subject);
    const sealed = await scene.as(sessionOf(issued)).call('GenerateDataKey', { KeyId: scene.key });
    assert.notEqual(sealed.text('CiphertextBlob'), '');
  }),
  step(
    'what is detached is refused with the next call',
    'ram:DetachPolicyFromRole ram:DetachPolicyFromUser',
    async (scene) => {
      const { UserName, PolicyName, RoleName } = names(scene);
      const seals = { KeyId: scene.key, Plaintext: PLAINTEXT };
      await scene.as(scene.session).call('Encrypt', seals);
      await scene.call('ram:DetachPolicyFromRole', { ...CRYPTO_USER, RoleName });
      await scene.as(scene.session).refuses('Forbidden.NoPermission', 403, 'Encrypt', seals);
      await scene.as(scene.user).call('Encrypt', seals);
      await scene.call('ram:DetachPolicyFromUser', { PolicyType: 'Custom', PolicyName, UserName });
      await scene.as(scene.user).refuses('Forbidden.NoPermission', 403, 'Encrypt', seals);
    },
  ),
  step('the trail tells who did what, and what was refused', 'actiontrail:LookupEvents', async (scene) => {
    const { UserName, RoleName } = names(scene);
    const ofUser = await recorded(scene, 'User', UserName, ['AssumeRole', 'Encrypt', 'DescribeKey']);
    const refused = ofUser.find((event) => event.text('errorCode') === 'Forbidden.NoPermission');
    assert.equal(refused?.text('userIdentity.userName'), UserName);
    assert.equal(refused?.text('userIdentity.accessKeyId'), scene.user?.accessKeyId);
    const ofRole = await recorded(scene, 'RoleName', RoleName, ['Encrypt', 'Decrypt', 'CreateKey']);
    assert.ok(ofRole.every((event) => event.text('userIdentity.type') === 'assumed-role'));
    await recorded(scene, 'ResourceName', scene.key, ['CreateKey', 'Encrypt']);
  }),
  step(
    'everything is deleted, and keys and sessions are worth nothing at once',
    'ram:DeleteAccessKey ram:DeleteUser ram:DeleteRole ram:DeletePolicy',
    async (scene) => {
      const { UserName, PolicyName, RoleName } = names(scene);
      await scene.call('ram:DeleteRole', { RoleName });
      await scene.as(scene.session).refuses('InvalidSecurityToken.Expired', 400, 'sts:GetCallerIdentity');
      await scene.refuses('DeleteConflict.User.AccessKey', 409, 'ram:DeleteUser', { UserName });
      const key = { UserName, UserAccessKeyId: scene.user?.accessKeyId };
      await scene.call('ram:DeleteAccessKey', key);
      await scene.as(scene.user).refuses('InvalidAccessKeyId.NotFound', 404, 'sts:GetCallerIdentity');
      await scene.call('ram:DeleteUser', { UserName });
      await scene.call('ram:DeletePolicy', { PolicyName });
      await scene.refuses('EntityNotExist.User', 404, 'ram:GetUser', { UserName });
      await scene.refuses('EntityNotExist.Role', 404, 'ram:GetRole', { RoleName });
      await scene.refuses('EntityNotExist.Policy', 404, 'ram:GetPolicy', {
        PolicyType: 'Custom',
        PolicyName,
      });
    },
  ),
];
