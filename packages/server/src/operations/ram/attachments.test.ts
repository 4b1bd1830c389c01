import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResponseOf } from '@keyhold/api/operation.ts';
import { ACCOUNT, allowing, trusting } from '../../ram/test-kit/samples.ts';
import type { Handler } from '../handler.ts';
import { attachPolicyToGroup } from './attachments/attach-policy-to-group.ts';
import { attachPolicyToRole } from './attachments/attach-policy-to-role.ts';
import { attachPolicyToUser } from './attachments/attach-policy-to-user.ts';
import { detachPolicyFromGroup } from './attachments/detach-policy-from-group.ts';
import { detachPolicyFromRole } from './attachments/detach-policy-from-role.ts';
import { detachPolicyFromUser } from './attachments/detach-policy-from-user.ts';
import { listEntitiesForPolicy } from './attachments/list-entities-for-policy.ts';
import { listPoliciesForGroup } from './attachments/list-policies-for-group.ts';
import { listPoliciesForRole } from './attachments/list-policies-for-role.ts';
import { listPoliciesForUser } from './attachments/list-policies-for-user.ts';
import { createGroup } from './groups/create-group.ts';
import { createPolicy } from './policies/create-policy.ts';
import { deletePolicy } from './policies/delete-policy.ts';
import { createRole } from './roles/create-role.ts';
import { ramPlaces } from './test-kit/ram-place.ts';
import { createUser } from './users/create-user.ts';

const open = ramPlaces();

type AttachedPolicies = ResponseOf<typeof listPoliciesForUser.operation>;

interface Kind {
  readonly kind: 'User' | 'Group' | 'Role';
  readonly target: Readonly<Record<string, string>>;
  readonly nobody: Readonly<Record<string, string>>;
  readonly attach: Handler;
  readonly detach: Handler;
  readonly list: Handler;
  /** How many of the account's own. */
  readonly custom: number;
  readonly conflict: string;
}

const KINDS: readonly Kind[] = [
  {
    kind: 'User',
    target: { UserName: 'x' },
    nobody: { UserName: 'nobody' },
    attach: attachPolicyToUser,
    detach: detachPolicyFromUser,
    list: listPoliciesForUser,
    custom: 10,
    conflict: 'DeleteConflict.Policy.User',
  },
  {
    kind: 'Group',
    target: { GroupName: 'x' },
    nobody: { GroupName: 'nobody' },
    attach: attachPolicyToGroup,
    detach: detachPolicyFromGroup,
    list: listPoliciesForGroup,
    custom: 5,
    conflict: 'DeleteConflict.Policy.Group',
  },
  {
    kind: 'Role',
    target: { RoleName: 'x' },
    nobody: { RoleName: 'nobody' },
    attach: attachPolicyToRole,
    detach: detachPolicyFromRole,
    list: listPoliciesForRole,
    custom: 5,
    conflict: 'DeleteConflict.Role.Policy',
  },
];

async function withOneOfEach() {
  const place = await open();
  await place.call(createUser, { UserName: 'x', DisplayName: 'd' });
  await place.call(createGroup, { GroupName: 'x', Comments: 'c' });
  const AssumeRolePolicyDocument = trusting(`acs:ram::${ACCOUNT}:root`);
  await place.call(createRole, { RoleName: 'x', AssumeRolePolicyDocument, Description: 'e' });
  const make = (PolicyName: string) =>
    place.call(createPolicy, { PolicyName, PolicyDocument: allowing('kms:Encrypt'), Description: 'f' });
  return { ...place, make };
}

for (const { kind, target, nobody, attach, detach, list, custom, conflict } of KINDS) {
  test(`${kind}: policies are attached once, listed, detached, and kept from deletion`, async () => {
    const { call, refuses, make } = await withOneOfEach();
    await make('Own');
    const own = { PolicyType: 'Custom', PolicyName: 'own', ...target };
    const system = { PolicyType: 'System', PolicyName: 'administratorAccess', ...target };
    await call(attach, own);
    await call(attach, system);
    await refuses(attach, own, `EntityAlreadyExists.${kind}.Policy`);
    const AttachDate = '2023-11-14T22:13:20Z';
    const shown = [
      { PolicyName: 'Own', PolicyType: 'Custom', Description: 'f', DefaultVersion: 'v1', AttachDate },
      {
        PolicyName: 'AdministratorAccess',
        PolicyType: 'System',
        Description: '',
        DefaultVersion: 'v1',
        AttachDate,
      },
    ];
    const listed = async () => ((await call(list, target)) as AttachedPolicies).Policies.Policy;
    const byType = (a: { PolicyType: string }, b: { PolicyType: string }) =>
      a.PolicyType < b.PolicyType ? -1 : 1;
    assert.deepEqual((await listed()).toSorted(byType), shown);
    await refuses(deletePolicy, { PolicyName: 'Own' }, conflict);
    await call(detach, own);
    await refuses(detach, own, `EntityNotExist.${kind}.Policy`);
    await call(deletePolicy, { PolicyName: 'Own' });
    assert.deepEqual(await listed(), shown.slice(1));

    for (const handler of [attach, detach]) {
      await refuses(handler, own, 'EntityNotExist.Policy');
      await refuses(handler, { ...system, PolicyType: 'Custom' }, 'EntityNotExist.Policy');
      await refuses(handler, { ...system, ...nobody }, `EntityNotExist.${kind}`);
      await refuses(handler, { ...system, ResourceGroupId: 'rg-1' }, 'UnsupportedOperation');
    }
    await refuses(list, nobody, `EntityNotExist.${kind}`);
  });

  test(`${kind}: ${custom} policies of the account's own at most`, async () => {
    const { call, refuses, make } = await withOneOfEach();
    const one = (i: number) => ({ PolicyType: 'Custom', PolicyName: `p${i}`, ...target });
    for (let i = 0; i <= custom; i++) await make(`p${i}`);
    for (let i = 0; i < custom; i++) await call(attach, one(i));
    const { message } = await refuses(attach, one(custom), `LimitExceeded.${kind}.Policy`);
    assert.match(message, new RegExp(`${custom} Custom`));
    await call(attach, { ...one(0), PolicyType: 'System', PolicyName: 'AdministratorAccess' });
    await call(detach, one(0));
    await call(attach, one(custom));
  });
}

test('what a policy is attached to is listed by kind', async () => {
  const { call, refuses } = await withOneOfEach();
  const policy = { PolicyType: 'System', PolicyName: 'AdministratorAccess' };
  const none = { Users: { User: [] }, Groups: { Group: [] }, Roles: { Role: [] } };
  assert.deepEqual(await call(listEntitiesForPolicy, policy), none);
  for (const { attach, target } of KINDS) await call(attach, { ...policy, ...target });
  const { Users, Groups, Roles } = await call(listEntitiesForPolicy, policy);
  const AttachDate = '2023-11-14T22:13:20Z';
  const [user, role] = [Users.User[0] ?? assert.fail(), Roles.Role[0] ?? assert.fail()];
  assert.deepEqual(Users.User, [{ UserId: user.UserId, UserName: 'x', DisplayName: 'd', AttachDate }]);
  assert.deepEqual(Groups.Group, [{ GroupName: 'x', Comments: 'c', AttachDate }]);
  const Arn = `acs:ram::${ACCOUNT}:role/x`;
  assert.deepEqual(Roles.Role, [{ RoleId: role.RoleId, RoleName: 'x', Arn, Description: 'e', AttachDate }]);
  await refuses(listEntitiesForPolicy, { ...policy, PolicyName: 'none' }, 'EntityNotExist.Policy');
});
