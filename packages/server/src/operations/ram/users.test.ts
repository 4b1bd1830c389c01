import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TIME } from '../../ram/test-kit/samples.ts';
import { createAccessKey } from './access-keys/create-access-key.ts';
import { deleteAccessKey } from './access-keys/delete-access-key.ts';
import { attachPolicyToUser } from './attachments/attach-policy-to-user.ts';
import { detachPolicyFromUser } from './attachments/detach-policy-from-user.ts';
import { addUserToGroup } from './groups/add-user-to-group.ts';
import { createGroup } from './groups/create-group.ts';
import { removeUserFromGroup } from './groups/remove-user-from-group.ts';
import { otherRoot, ramPlaces } from './test-kit/ram-place.ts';
import { createUser } from './users/create-user.ts';
import { deleteUser } from './users/delete-user.ts';
import { getUser } from './users/get-user.ts';
import { listUsers } from './users/list-users.ts';
import { updateUser } from './users/update-user.ts';

const open = ramPlaces();

test('a user is made, described, renamed and deleted', async () => {
  const { call, refuses } = await open();
  const texts = { DisplayName: 'Ann', MobilePhone: '86-18600000000', Email: 'a@b', Comments: 'first' };
  const { User: made } = await call(createUser, { UserName: 'Ann', ...texts });
  assert.match(made.UserId, /^[1-9]\d{17}$/);
  assert.deepEqual(made, {
    UserId: made.UserId,
    UserName: 'Ann',
    ...texts,
    CreateDate: '2023-11-14T22:13:20Z',
  });
  const { User: got } = await call(getUser, { UserName: 'ann' });
  assert.deepEqual(got, { ...made, UpdateDate: made.CreateDate, LastLoginDate: '' });

  const change = { UserName: 'ANN', NewUserName: 'anna', NewEmail: '', NewComments: '' };
  const { User: changed } = await call(updateUser, change, undefined, TIME + 1000);
  assert.deepEqual(changed, {
    ...made,
    UserName: 'anna',
    Email: '',
    Comments: '',
    UpdateDate: '2023-11-14T22:13:21Z',
  });
  await refuses(getUser, { UserName: 'ann' }, 'EntityNotExist.User');
  await call(updateUser, { UserName: 'anna', NewUserName: 'ANNA' });
  await call(deleteUser, { UserName: 'anna' });
  for (const gone of [getUser, updateUser, deleteUser]) {
    await refuses(gone, { UserName: 'anna' }, 'EntityNotExist.User');
  }
});

test('a user name is taken whatever its case, in its account alone', async () => {
  const { call, refuses } = await open();
  await call(createUser, { UserName: 'ann' });
  await call(createUser, { UserName: 'bob' });
  await refuses(createUser, { UserName: 'ANN' }, 'EntityAlreadyExists.User');
  await refuses(updateUser, { UserName: 'bob', NewUserName: 'Ann' }, 'EntityAlreadyExists.User');
  await call(createUser, { UserName: 'ann' }, otherRoot);
  await call(deleteUser, { UserName: 'ann' });
  await call(getUser, { UserName: 'ann' }, otherRoot);
});

test('a user who still has something is not deleted, and the refusal says what', async () => {
  const { call, refuses } = await open();
  const user = { UserName: 'ann' };
  await call(createUser, user);
  await call(createGroup, { GroupName: 'g' });
  const { AccessKey } = await call(createAccessKey, user);
  await call(addUserToGroup, { ...user, GroupName: 'g' });
  const policy = { ...user, PolicyType: 'System', PolicyName: 'AliyunKMSFullAccess' };
  await call(attachPolicyToUser, policy);
  await refuses(deleteUser, user, 'DeleteConflict.User.AccessKey');
  await call(deleteAccessKey, { ...user, UserAccessKeyId: AccessKey.AccessKeyId });
  await refuses(deleteUser, user, 'DeleteConflict.User.Group');
  await call(removeUserFromGroup, { ...user, GroupName: 'g' });
  await refuses(deleteUser, user, 'DeleteConflict.User.Policy');
  await call(detachPolicyFromUser, policy);
  await call(deleteUser, user);
});

test('a user of a name used before is somebody else', async () => {
  const { call } = await open();
  const first = await call(createUser, { UserName: 'ann' });
  await call(deleteUser, { UserName: 'ann' });
  const second = await call(createUser, { UserName: 'ann' });
  assert.notEqual(first.User.UserId, second.User.UserId);
});

test('users are paged by name, whatever is made and deleted in between', async () => {
  const { call, refuses } = await open();
  const names = ['b', 'D', 'a', 'e', 'C', 'f', 'g'];
  for (const UserName of names) await call(createUser, { UserName });
  const namesOf = (answer: Awaited<ReturnType<typeof call<typeof listUsers.operation>>>) =>
    answer.Users.User.map(({ UserName }) => UserName);
  const first = await call(listUsers, { MaxItems: '3' });
  assert.deepEqual([namesOf(first), first.IsTruncated], [['a', 'b', 'C'], true]);
  await call(deleteUser, { UserName: 'c' });
  await call(createUser, { UserName: 'aa' });
  await call(createUser, { UserName: 'cc' });
  const second = await call(listUsers, { MaxItems: '3', Marker: first.Marker ?? '' });
  assert.deepEqual(namesOf(second), ['cc', 'D', 'e']);
  const third = await call(listUsers, { MaxItems: '2', Marker: second.Marker ?? '' });
  assert.deepEqual([namesOf(third), third.IsTruncated, third.Marker], [['f', 'g'], false, undefined]);
  assert.equal((await call(listUsers, {})).Users.User.length, 8);
  for (const Marker of ['x', '!', Buffer.from('{}').toString('base64url')]) {
    await refuses(listUsers, { Marker }, 'InvalidParameter');
  }
});
