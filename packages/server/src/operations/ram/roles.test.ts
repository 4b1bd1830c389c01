import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, OTHER_ACCOUNT, TIME, trusting } from '../../ram/test-kit/samples.ts';
import { attachPolicyToRole } from './attachments/attach-policy-to-role.ts';
import { detachPolicyFromRole } from './attachments/detach-policy-from-role.ts';
import { createRole } from './roles/create-role.ts';
import { deleteRole } from './roles/delete-role.ts';
import { getRole } from './roles/get-role.ts';
import { listRoles } from './roles/list-roles.ts';
import { updateRole } from './roles/update-role.ts';
import { otherRoot, ramPlaces } from './test-kit/ram-place.ts';
import { createUser } from './users/create-user.ts';

const open = ramPlaces();

const ROOT_TRUST = ` ${trusting(`acs:ram::${ACCOUNT}:root`)}\n`;
const role = { RoleName: 'Deploy' };
const newRole = { ...role, AssumeRolePolicyDocument: ROOT_TRUST };

test('a role is made, shown with its trust policy as it was sent, changed and deleted', async () => {
  const { call, refuses } = await open();
  const texts = { Description: 'd', MaxSessionDuration: '7200' };
  const { Role: made } = await call(createRole, { ...newRole, ...texts });
  assert.match(made.RoleId, /^[1-9]\d{17}$/);
  assert.deepEqual(made, {
    RoleId: made.RoleId,
    RoleName: 'Deploy',
    Arn: `acs:ram::${ACCOUNT}:role/Deploy`,
    Description: 'd',
    MaxSessionDuration: 7200,
    AssumeRolePolicyDocument: ROOT_TRUST,
    CreateDate: '2023-11-14T22:13:20Z',
  });
  const shown = { ...made, UpdateDate: made.CreateDate };
  assert.deepEqual(await call(getRole, { RoleName: 'deploy' }), { Role: shown });
  await refuses(createRole, { ...newRole, RoleName: 'DEPLOY' }, 'EntityAlreadyExists.Role');

  const NewAssumeRolePolicyDocument = trusting(`acs:ram::${OTHER_ACCOUNT}:root`);
  const change = { ...role, NewAssumeRolePolicyDocument, NewMaxSessionDuration: '3600' };
  const { Role: changed } = await call(updateRole, change, undefined, TIME + 1000);
  assert.deepEqual(changed, {
    ...shown,
    AssumeRolePolicyDocument: NewAssumeRolePolicyDocument,
    MaxSessionDuration: 3600,
    UpdateDate: '2023-11-14T22:13:21Z',
  });
  await call(deleteRole, role);
  for (const handler of [getRole, updateRole, deleteRole]) {
    await refuses(handler, role, 'EntityNotExist.Role');
  }
  assert.equal((await call(createRole, newRole)).Role.MaxSessionDuration, 3600);
});

test('whom a trust policy names must be there: accounts, users, roles, OIDC providers', async () => {
  const { call, refuses, kms } = await open();
  await call(createRole, { ...newRole, RoleName: 'other' }, otherRoot);
  await call(createUser, { UserName: 'Ann' });
  await kms.ram.change(ACCOUNT, () => ({
    result: undefined,
    put: [
      [
        'oidc-provider',
        {
          providerName: 'ci',
          issuerUrl: 'https://ci',
          clientIds: [],
          description: '',
          createdAt: TIME,
          updatedAt: TIME,
        },
      ],
    ],
  }));
  const known = [
    `acs:ram::${OTHER_ACCOUNT}:root`,
    `acs:ram::${OTHER_ACCOUNT}:*`,
    `acs:ram::${OTHER_ACCOUNT}:role/Other`,
    `acs:ram:*:${ACCOUNT}:user/ann`,
  ];
  const federated = (provider: string) => trusting('X').replace('"RAM":["X"]', `"Federated":["${provider}"]`);
  const trusted = [
    trusting(...known),
    federated(`acs:ram::${ACCOUNT}:oidc-provider/ci`),
    federated(`acs:ram::${ACCOUNT}:saml-provider/any`),
    trusting('X').replace('"RAM":["X"]', '"Service":["ecs.aliyuncs.com"]'),
  ];
  for (const [i, AssumeRolePolicyDocument] of trusted.entries()) {
    await call(createRole, { RoleName: `r${i}`, AssumeRolePolicyDocument });
  }

  const strangers: readonly (readonly [document: string, name: RegExp])[] = [
    [trusting(...known, 'acs:ram::9:root'), /the account 9/],
    [trusting('acs:ram::9:user/ann'), /the user ann of account 9/],
    [trusting(`acs:ram::${ACCOUNT}:user/bob`), /the user bob/],
    [trusting(`acs:ram::${OTHER_ACCOUNT}:user/ann`), /the user ann/],
    [trusting(`acs:ram::${ACCOUNT}:role/deploy`), /the role deploy/],
    [federated(`acs:ram::${ACCOUNT}:oidc-provider/cd`), /the OIDC provider cd/],
    [trusting('everybody'), /Statement\[0\]\.Principal\.RAM/],
    ['{}', /Version/],
  ];
  for (const [document, name] of strangers) {
    const made = await refuses(
      createRole,
      { ...role, AssumeRolePolicyDocument: document },
      'MalformedPolicyDocument',
    );
    assert.match(made.message, name);
    const change = { RoleName: 'r0', NewDescription: 'new', NewAssumeRolePolicyDocument: document };
    await refuses(updateRole, change, 'MalformedPolicyDocument');
  }
  await refuses(getRole, role, 'EntityNotExist.Role');
  const { Role } = await call(getRole, { RoleName: 'r0' });
  assert.deepEqual([Role.Description, Role.AssumeRolePolicyDocument], ['', trusted[0]], 'nothing by halves');
});

test('a role with policies is not deleted', async () => {
  const { call, refuses } = await open();
  await call(createRole, newRole);
  const policy = { ...role, PolicyType: 'System', PolicyName: 'AdministratorAccess' };
  await call(attachPolicyToRole, policy);
  await refuses(deleteRole, role, 'DeleteConflict.Role.Policy');
  await call(detachPolicyFromRole, policy);
  await call(deleteRole, role);
});

test('roles are listed by name, without their trust policies, and found by tag', async () => {
  const { call } = await open();
  for (const RoleName of ['b', 'A', 'c']) {
    const Tag = JSON.stringify([{ Key: 'name', Value: RoleName }, { Key: 'all' }]);
    await call(createRole, { ...newRole, RoleName, Tag });
  }
  const namesOf = async (wire: Readonly<Record<string, string>>) => {
    const { Roles } = await call(listRoles, wire);
    return Roles.Role.map(({ RoleName }) => RoleName).join('');
  };
  assert.equal(await namesOf({}), 'Abc');
  const { Marker = '' } = await call(listRoles, { MaxItems: '2' });
  assert.equal(await namesOf({ Marker }), 'c');
  assert.equal(await namesOf({ Tag: '[{"Key":"name","Value":"b"},{"Key":"all"}]' }), 'b');
  assert.equal(await namesOf({ Tag: '[{"Key":"all","Value":"b"}]' }), '');
});
