import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TIME } from '../../ram/test-kit/samples.ts';
import { attachPolicyToGroup } from './attachments/attach-policy-to-group.ts';
import { detachPolicyFromGroup } from './attachments/detach-policy-from-group.ts';
import { addUserToGroup } from './groups/add-user-to-group.ts';
import { createGroup } from './groups/create-group.ts';
import { deleteGroup } from './groups/delete-group.ts';
import { getGroup } from './groups/get-group.ts';
import { listGroups } from './groups/list-groups.ts';
import { listGroupsForUser } from './groups/list-groups-for-user.ts';
import { listUsersForGroup } from './groups/list-users-for-group.ts';
import { removeUserFromGroup } from './groups/remove-user-from-group.ts';
import { updateGroup } from './groups/update-group.ts';
import { ramPlaces } from './test-kit/ram-place.ts';
import { createUser } from './users/create-user.ts';
import { updateUser } from './users/update-user.ts';

const open = ramPlaces();

test('a group is made, described, renamed and deleted', async () => {
  const { call, refuses } = await open();
  const { Group: made } = await call(createGroup, { GroupName: 'Ops', Comments: 'c' });
  assert.match(made.GroupId, /^g-[A-Za-z0-9]{16}$/);
  const shown = { ...made, UpdateDate: made.CreateDate };
  assert.deepEqual(await call(getGroup, { GroupName: 'ops' }), { Group: shown });
  const change = { GroupName: 'OPS', NewGroupName: 'dev', NewComments: '' };
  const { Group: changed } = await call(updateGroup, change, undefined, TIME + 1000);
  const UpdateDate = '2023-11-14T22:13:21Z';
  assert.deepEqual(changed, { ...shown, GroupName: 'dev', Comments: '', UpdateDate });
  await call(createGroup, { GroupName: 'other' });
  await refuses(createGroup, { GroupName: 'DEV' }, 'EntityAlreadyExists.Group');
  await refuses(updateGroup, { GroupName: 'other', NewGroupName: 'Dev' }, 'EntityAlreadyExists.Group');
  const { Groups, IsTruncated } = await call(listGroups, { MaxItems: '1' });
  assert.deepEqual([Groups.Group, IsTruncated], [[changed], true]);
  await call(deleteGroup, { GroupName: 'dev' });
  for (const handler of [getGroup, updateGroup, deleteGroup, listUsersForGroup]) {
    await refuses(handler, { GroupName: 'dev' }, 'EntityNotExist.Group');
  }
});

test('users join and leave, and are listed with when they joined', async () => {
  const { call, refuses } = await open();
  await call(createGroup, { GroupName: 'g', Comments: 'c' });
  for (const [i, UserName] of ['bob', 'Ann', 'carl'].entries()) {
    await call(createUser, { UserName, DisplayName: `the ${UserName}` });
    await call(addUserToGroup, { UserName, GroupName: 'G' }, undefined, TIME + i * 1000);
  }
  await call(updateUser, { UserName: 'carl', NewUserName: 'aaa' });
  const { Users, Marker = '' } = await call(listUsersForGroup, { GroupName: 'g', MaxItems: '2' });
  assert.deepEqual(Users.User, [
    { UserName: 'aaa', DisplayName: 'the carl', JoinDate: '2023-11-14T22:13:22Z' },
    { UserName: 'Ann', DisplayName: 'the Ann', JoinDate: '2023-11-14T22:13:21Z' },
  ]);
  const rest = await call(listUsersForGroup, { GroupName: 'g', Marker });
  assert.deepEqual([rest.Users.User[0]?.UserName, rest.IsTruncated], ['bob', false]);

  const membership = { UserName: 'ANN', GroupName: 'g' };
  await refuses(addUserToGroup, membership, 'EntityAlreadyExists.User.Group');
  const { Groups } = await call(listGroupsForUser, { UserName: 'ann' });
  assert.deepEqual(
    Groups.Group.map(({ GroupId: _, ...group }) => group),
    [{ GroupName: 'g', Comments: 'c', JoinDate: '2023-11-14T22:13:21Z' }],
  );
  await call(removeUserFromGroup, membership);
  await refuses(removeUserFromGroup, membership, 'EntityNotExist.User.Group');
  assert.deepEqual((await call(listGroupsForUser, { UserName: 'ann' })).Groups.Group, []);
  for (const handler of [addUserToGroup, removeUserFromGroup]) {
    await refuses(handler, { ...membership, UserName: 'nobody' }, 'EntityNotExist.User');
    await refuses(handler, { ...membership, GroupName: 'none' }, 'EntityNotExist.Group');
  }
});

test('a user is in five groups at most', async () => {
  const { call, refuses } = await open();
  await call(createUser, { UserName: 'ann' });
  for (let i = 0; i < 6; i++) await call(createGroup, { GroupName: `g${i}` });
  for (let i = 0; i < 5; i++) await call(addUserToGroup, { UserName: 'ann', GroupName: `g${i}` });
  await refuses(addUserToGroup, { UserName: 'ann', GroupName: 'g5' }, 'LimitExceeded.User.Group');
  await call(removeUserFromGroup, { UserName: 'ann', GroupName: 'g0' });
  await call(addUserToGroup, { UserName: 'ann', GroupName: 'g5' });
});

test('a group with members or policies is not deleted', async () => {
  const { call, refuses } = await open();
  await call(createUser, { UserName: 'ann' });
  const group = { GroupName: 'g' };
  await call(createGroup, group);
  await call(addUserToGroup, { UserName: 'ann', ...group });
  const policy = { ...group, PolicyType: 'System', PolicyName: 'AdministratorAccess' };
  await call(attachPolicyToGroup, policy);
  await refuses(deleteGroup, group, 'DeleteConflict.Group.User');
  await call(removeUserFromGroup, { UserName: 'ann', ...group });
  await refuses(deleteGroup, group, 'DeleteConflict.Group.Policy');
  await call(detachPolicyFromGroup, policy);
  await call(deleteGroup, group);
});
