import assert from 'node:assert/strict';
import { names, PLAINTEXT, policyOf, roleArn, sessionOf, TRUSTS_ACCOUNT } from './people.ts';
import { type Caller, type Scene, type Step, step } from './scene.ts';

const identityOf = async (caller: Caller) => (await caller.call('sts:GetCallerIdentity')).text('Arn');

/** A role with a policy, which every identity of the account may assume. */
async function makeRole(scene: Scene, RoleName: string, Action: string | readonly string[]): Promise<string> {
  await scene.call('ram:CreateRole', { RoleName, AssumeRolePolicyDocument: TRUSTS_ACCOUNT });
  await scene.call('ram:CreatePolicy', { PolicyName: RoleName, PolicyDocument: policyOf(Action, '*') });
  const policy = { PolicyName: RoleName, PolicyType: 'Custom' };
  await scene.call('ram:AttachPolicyToRole', { ...policy, RoleName });
  return roleArn(RoleName);
}

/** What the vendor's credentials libraries do by themselves: they fetch the sessions that a KMS client signs with. */
export const PROVIDERS: readonly Step[] = [
  step('a provider of role sessions feeds a KMS client', 'sts:AssumeRole', async (scene) => {
    const { UserName, RoleName } = names(scene);
    scene.key = (await scene.call('CreateKey')).text('KeyMetadata.KeyId');
    await scene.call('ram:CreateUser', { UserName });
    const assumes = { PolicyType: 'System', PolicyName: 'AliyunSTSAssumeRoleAccess' };
    await scene.call('ram:AttachPolicyToUser', { ...assumes, UserName });
    const { accessKeyId, accessKeySecret } = await accessKeyOf(scene, UserName);
    scene.user = { type: 'access_key', accessKeyId, accessKeySecret };
    const arn = await makeRole(scene, RoleName, ['kms:Encrypt', 'kms:Decrypt', 'sts:AssumeRole']);
    const role = { roleArn: arn, roleSessionName: 'provided' };
    const session = scene.as({ ...scene.user, type: 'ram_role_arn', ...role });
    const sealed = await session.call('Encrypt', { KeyId: scene.key, Plaintext: PLAINTEXT });
    const CiphertextBlob = sealed.text('CiphertextBlob');
    assert.equal((await session.call('Decrypt', { CiphertextBlob })).text('Plaintext'), PLAINTEXT);
    assert.equal(await identityOf(session), `${arn}/provided`);
    await session.refuses('Forbidden.NoPermission', 403, 'DescribeKey', { KeyId: scene.key });
  }),
  step('roles are chained: a session assumes the next role', 'sts:AssumeRole', async (scene) => {
    const first = { RoleArn: roleArn(names(scene).RoleName), RoleSessionName: 'first' };
    const issued = await scene.as(scene.user).call('sts:AssumeRole', first);
    const next = await makeRole(scene, `${names(scene).RoleName}-next`, 'kms:DescribeKey');
    const role = { roleArn: next, roleSessionName: 'second' };
    const session = scene.as({ ...sessionOf(issued), type: 'ram_role_arn', ...role });
    await session.call('DescribeKey', { KeyId: scene.key });
    assert.equal(await identityOf(session), `${next}/second`);
  }),
  step('a provider narrows its sessions, and tells an external id', 'sts:AssumeRole', async (scene) => {
    const { RoleName } = names(scene);
    const trust = JSON.parse(TRUSTS_ACCOUNT);
    trust.Statement[0].Condition = { StringEquals: { 'sts:ExternalId': 'batch-7' } };
    const NewAssumeRolePolicyDocument = JSON.stringify(trust);
    await scene.call('ram:UpdateRole', { RoleName, NewAssumeRolePolicyDocument });
    const policy = policyOf('kms:Encrypt', '*');
    const role = { roleArn: roleArn(RoleName), roleSessionName: 'narrow', policy };
    const provided = { ...scene.user, type: 'ram_role_arn' as const, ...role };
    const session = scene.as({ ...provided, externalId: 'batch-7' });
    const sealed = await session.call('Encrypt', { KeyId: scene.key, Plaintext: PLAINTEXT });
    const CiphertextBlob = sealed.text('CiphertextBlob');
    await session.refuses('Forbidden.NoPermission', 403, 'Decrypt', { CiphertextBlob });
    const { error } = await scene.as({ ...provided, externalId: 'batch-8' }).answer('ListKeys');
    assert.match(error?.message ?? '', /NoPermission/, 'the provider passes on what STS says');
  }),
  step(
    'a token of an OIDC issuer, in a file, is all a workload needs',
    'sts:AssumeRoleWithOIDC',
    async (scene) => {
      const { oidcProviderArn, roleArn, tokenFile } = scene.server.workload;
      const role = { roleArn, roleSessionName: 'ci-8' };
      const asked = { type: 'oidc_role_arn' as const, oidcProviderArn, ...role };
      const session = scene.as({ ...asked, oidcTokenFilePath: tokenFile });
      const made = await session.call('GenerateDataKey', { KeyId: scene.key });
      assert.notEqual(made.text('Plaintext'), '');
      assert.equal(await identityOf(session), `${roleArn}/ci-8`);
    },
  ),
];

async function accessKeyOf(scene: Scene, UserName: string) {
  const made = await scene.call('ram:CreateAccessKey', { UserName });
  const accessKeyId = made.text('AccessKey.AccessKeyId');
  return { accessKeyId, accessKeySecret: made.text('AccessKey.AccessKeySecret') };
}
