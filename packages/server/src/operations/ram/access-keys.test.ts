import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Caller } from '../../access/caller.ts';
import { ACCOUNT, OTHER_ACCOUNT, TIME } from '../../ram/test-kit/samples.ts';
import { createAccessKey } from './access-keys/create-access-key.ts';
import { deleteAccessKey } from './access-keys/delete-access-key.ts';
import { getAccessKeyLastUsed } from './access-keys/get-access-key-last-used.ts';
import { listAccessKeys } from './access-keys/list-access-keys.ts';
import { updateAccessKey } from './access-keys/update-access-key.ts';
import { otherRoot, type RamPlace, ROOT_KEY, ramPlaces } from './test-kit/ram-place.ts';
import { createUser } from './users/create-user.ts';

const open = ramPlaces();

async function userCaller(call: RamPlace['call'], userName: string): Promise<Caller> {
  const { User } = await call(createUser, { UserName: userName });
  return {
    type: 'ram-user',
    accountId: ACCOUNT,
    principalId: User.UserId,
    userName,
    accessKeyId: 'LTAIwhatever',
  };
}

const session: Caller = {
  type: 'assumed-role',
  accountId: ACCOUNT,
  principalId: '1:s',
  accessKeyId: 'STS.x',
  roleId: '1',
  roleName: 'r',
  sessionName: 's',
  startedAt: TIME,
  assumedBy: ACCOUNT,
  sessionPolicy: undefined,
};

test('a secret is told once, and ids and secrets look as the vendor writes them', async () => {
  const { call } = await open();
  await call(createUser, { UserName: 'ann' });
  const { AccessKey } = await call(createAccessKey, { UserName: 'ANN' });
  assert.match(AccessKey.AccessKeyId, /^LTAI[A-Za-z0-9]{20}$/);
  assert.match(AccessKey.AccessKeySecret, /^[A-Za-z0-9]{30}$/);
  const { AccessKeySecret, ...shown } = AccessKey;
  assert.deepEqual(shown, { ...shown, Status: 'Active', CreateDate: '2023-11-14T22:13:20Z' });
  const listed = await call(listAccessKeys, { UserName: 'ann' });
  assert.deepEqual(listed.AccessKeys.AccessKey, [shown]);
  assert.ok(!JSON.stringify(listed).includes(AccessKeySecret));
});

test('a user holds two access keys at most, and only its own are found under its name', async () => {
  const { call, refuses } = await open();
  await call(createUser, { UserName: 'ann' });
  await call(createUser, { UserName: 'bob' });
  const keys = [];
  for (const now of [TIME, TIME + 1000]) {
    const { AccessKey } = await call(createAccessKey, { UserName: 'ann' }, undefined, now);
    keys.push(AccessKey.AccessKeyId);
  }
  const [first = '', second] = keys;
  await refuses(createAccessKey, { UserName: 'ann' }, 'LimitExceeded.User.AccessKey');
  const { AccessKeys } = await call(listAccessKeys, { UserName: 'ann' });
  assert.deepEqual(
    AccessKeys.AccessKey.map(({ AccessKeyId }) => AccessKeyId),
    keys,
    'oldest first',
  );
  for (const UserAccessKeyId of [first, ROOT_KEY, 'LTAInobody']) {
    const wire = { UserName: 'bob', UserAccessKeyId };
    for (const handler of [deleteAccessKey, getAccessKeyLastUsed]) {
      await refuses(handler, wire, 'EntityNotExist.User.AccessKey');
    }
    await refuses(updateAccessKey, { ...wire, Status: 'Inactive' }, 'EntityNotExist.User.AccessKey');
  }
  for (const handler of [createAccessKey, listAccessKeys]) {
    await refuses(handler, { UserName: 'nobody' }, 'EntityNotExist.User');
  }
  // The last one, too, may be switched off and deleted.
  const wire = { UserName: 'ann', UserAccessKeyId: first };
  await call(updateAccessKey, { ...wire, Status: 'Inactive' });
  assert.equal((await call(listAccessKeys, wire)).AccessKeys.AccessKey[0]?.Status, 'Inactive');
  await call(updateAccessKey, { ...wire, Status: 'Inactive' });
  await call(updateAccessKey, { ...wire, Status: 'Active' });
  for (const UserAccessKeyId of [first, second ?? '']) {
    await call(deleteAccessKey, { UserName: 'ann', UserAccessKeyId });
  }
  assert.deepEqual((await call(listAccessKeys, wire)).AccessKeys.AccessKey, []);
});

test('without a name a user means itself, a session nobody', async () => {
  const { call, refuses } = await open();
  const ann = await userCaller(call, 'ann');
  const { AccessKey } = await call(createAccessKey, {}, ann);
  const listed = await call(listAccessKeys, {}, ann);
  assert.deepEqual(listed, await call(listAccessKeys, { UserName: 'ann' }));
  await call(updateAccessKey, { UserAccessKeyId: AccessKey.AccessKeyId, Status: 'Inactive' }, ann);
  await refuses(deleteAccessKey, { UserAccessKeyId: ROOT_KEY }, 'EntityNotExist.User.AccessKey', ann);
  await call(deleteAccessKey, { UserAccessKeyId: AccessKey.AccessKeyId }, ann);
  for (const handler of [createAccessKey, listAccessKeys]) {
    await refuses(handler, {}, 'MissingParameter', session);
    await refuses(handler, {}, 'EntityNotExist.User', { ...ann, principalId: '1' });
  }
});

test('the account itself keeps at least one active access key', async () => {
  const { call, refuses } = await open();
  const last = { UserAccessKeyId: ROOT_KEY };
  for (const [handler, wire] of [
    [deleteAccessKey, last],
    [updateAccessKey, { ...last, Status: 'Inactive' }],
  ] as const) {
    const { message } = await refuses(handler, wire, 'DeleteConflict.User.AccessKey');
    assert.match(message, /LTAIroot.*last active/);
  }
  const { AccessKey } = await call(createAccessKey, {});
  const second = { UserAccessKeyId: AccessKey.AccessKeyId };
  await refuses(createAccessKey, {}, 'LimitExceeded.User.AccessKey');
  await call(updateAccessKey, { ...last, Status: 'Inactive' });
  await refuses(deleteAccessKey, second, 'DeleteConflict.User.AccessKey');
  await refuses(updateAccessKey, { ...second, Status: 'Inactive' }, 'DeleteConflict.User.AccessKey');
  await call(deleteAccessKey, last);
  const { AccessKeys } = await call(listAccessKeys, {});
  assert.deepEqual(
    AccessKeys.AccessKey.map(({ AccessKeyId }) => AccessKeyId),
    [AccessKey.AccessKeyId],
  );
});

test('what one account does leaves the access keys of another alone', async () => {
  const { call, refuses } = await open();
  assert.equal(otherRoot.accountId, OTHER_ACCOUNT);
  await refuses(deleteAccessKey, { UserAccessKeyId: ROOT_KEY }, 'EntityNotExist.User.AccessKey', otherRoot);
  const { AccessKeys } = await call(listAccessKeys, {}, otherRoot);
  assert.equal(AccessKeys.AccessKey[0]?.AccessKeyId, 'LTAIother');
});

test('the last use is told to the minute, before and after it was flushed', async () => {
  const { call, kms } = await open();
  const lastUse = async () => {
    const { AccessKeyLastUsed } = await call(getAccessKeyLastUsed, { UserAccessKeyId: ROOT_KEY });
    return AccessKeyLastUsed.LastUsedDate;
  };
  assert.equal(await lastUse(), '');
  kms.lastUses.note(ROOT_KEY, TIME);
  assert.equal(await lastUse(), '2023-11-14T22:13:00Z');
  await kms.lastUses.flush();
  assert.equal(await lastUse(), '2023-11-14T22:13:00Z');
  assert.equal(await kms.store.ram.lastUse(ROOT_KEY), TIME - (TIME % 60_000));
});
