import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SYSTEM_POLICIES } from '../../access/policy/system-policies.ts';
import { allowing, TIME, trusting } from '../../ram/test-kit/samples.ts';
import type { Handler } from '../handler.ts';
import { attachPolicyToUser } from './attachments/attach-policy-to-user.ts';
import { detachPolicyFromUser } from './attachments/detach-policy-from-user.ts';
import { createPolicy } from './policies/create-policy.ts';
import { deletePolicy } from './policies/delete-policy.ts';
import { getPolicy } from './policies/get-policy.ts';
import { listPolicies } from './policies/list-policies.ts';
import { updatePolicyDescription } from './policies/update-policy-description.ts';
import { createPolicyVersion } from './policy-versions/create-policy-version.ts';
import { deletePolicyVersion } from './policy-versions/delete-policy-version.ts';
import { getPolicyVersion } from './policy-versions/get-policy-version.ts';
import { listPolicyVersions } from './policy-versions/list-policy-versions.ts';
import { setDefaultPolicyVersion } from './policy-versions/set-default-policy-version.ts';
import { type RamPlace, ramPlaces } from './test-kit/ram-place.ts';
import { createUser } from './users/create-user.ts';

const open = ramPlaces();

const named = { PolicyName: 'Own' };
const custom = { ...named, PolicyType: 'Custom' };
/** White space and order are the caller's. */
const TEXT = `{ "Statement" : [{"Action":"kms:Encrypt",\n"Effect":"Allow","Resource":"*"}],"Version":"1"}\n`;

const versionsOf = async ({ call }: Pick<RamPlace, 'call'>) => {
  const { PolicyVersions } = await call(listPolicyVersions, custom);
  return PolicyVersions.PolicyVersion.map(
    ({ VersionId, IsDefaultVersion }) => VersionId + (IsDefaultVersion ? '!' : ''),
  ).join(' ');
};

test('a policy is made, shown with the text as it was sent, described anew and deleted', async () => {
  const { call, refuses } = await open();
  const { Policy: made } = await call(createPolicy, { ...named, PolicyDocument: TEXT, Description: 'd' });
  assert.deepEqual(made, {
    PolicyName: 'Own',
    PolicyType: 'Custom',
    Description: 'd',
    DefaultVersion: 'v1',
    CreateDate: '2023-11-14T22:13:20Z',
  });
  const UpdateDate = made.CreateDate;
  assert.deepEqual(await call(getPolicy, { ...custom, PolicyName: 'oWN' }), {
    Policy: { ...made, UpdateDate, AttachmentCount: 0, PolicyDocument: TEXT },
    DefaultPolicyVersion: {
      VersionId: 'v1',
      IsDefaultVersion: true,
      PolicyDocument: TEXT,
      CreateDate: made.CreateDate,
    },
  });
  const change = { ...named, NewDescription: 'new' };
  assert.deepEqual(await call(updatePolicyDescription, change, undefined, TIME + 1000), {
    Policy: { ...made, Description: 'new', UpdateDate: '2023-11-14T22:13:21Z' },
  });
  await refuses(createPolicy, { PolicyName: 'OWN', PolicyDocument: TEXT }, 'EntityAlreadyExists.Policy');
  await call(deletePolicy, named);
  const gone: readonly (readonly [Handler, Readonly<Record<string, string>>])[] = [
    [getPolicy, custom],
    [updatePolicyDescription, change],
    [deletePolicy, named],
    [createPolicyVersion, { ...named, PolicyDocument: TEXT }],
    [getPolicyVersion, { ...custom, VersionId: 'v1' }],
    [listPolicyVersions, custom],
    [setDefaultPolicyVersion, { ...named, VersionId: 'v1' }],
    [deletePolicyVersion, { ...named, VersionId: 'v1' }],
  ];
  for (const [handler, wire] of gone) await refuses(handler, wire, 'EntityNotExist.Policy');
});

test('a document that is no policy is refused with the place, and nothing is stored', async () => {
  const { call, refuses } = await open();
  await call(createPolicy, { ...named, PolicyDocument: TEXT });
  const bad: readonly (readonly [document: string, place: RegExp])[] = [
    ['{"Version":"1",\n"Statement":[}', /line 2, column 14/],
    ['[]', /it must be an object/],
    [allowing('kms:Encrypt').replace('"1"', '"2"'), /Version must be "1"/],
    [allowing('kms:Encrypt').replace('Allow', 'Maybe'), /Statement\[0\]\.Effect/],
    [allowing('no action'), /Statement\[0\]\.Action/],
    [trusting('acs:ram::1:root'), /Statement\[0\]\.Principal/],
    [TEXT.replace('"Resource":"*"', '"Condition":{"Almost":{"a:b":"c"}},"Resource":"*"'), /"Almost"/],
  ];
  for (const [PolicyDocument, place] of bad) {
    for (const [handler, wire] of [
      [createPolicy, { PolicyName: 'Bad', PolicyDocument }],
      [createPolicyVersion, { ...named, PolicyDocument }],
    ] as const) {
      const { message } = await refuses(handler, wire, 'MalformedPolicyDocument');
      assert.match(message, place);
    }
  }
  await refuses(getPolicy, { ...custom, PolicyName: 'Bad' }, 'EntityNotExist.Policy');
  assert.equal(await versionsOf({ call }), 'v1!');
});

test('versions: five at most, numbers never again, the default stays', async () => {
  const { call, refuses } = await open();
  await call(createPolicy, { ...named, PolicyDocument: TEXT });
  const add = { ...named, PolicyDocument: allowing('kms:Decrypt') };
  const rotating = { ...add, RotateStrategy: 'DeleteOldestNonDefaultVersionWhenLimitExceeded' };
  const { PolicyVersion } = await call(createPolicyVersion, { ...rotating, SetAsDefault: 'true' });
  assert.deepEqual([PolicyVersion.VersionId, PolicyVersion.IsDefaultVersion], ['v2', true]);
  for (let i = 3; i <= 5; i++) await call(createPolicyVersion, add);
  await refuses(createPolicyVersion, add, 'LimitExceeded.Policy.Version');
  await refuses(createPolicyVersion, { ...add, RotateStrategy: 'None' }, 'LimitExceeded.Policy.Version');
  await call(createPolicyVersion, rotating);
  assert.equal(await versionsOf({ call }), 'v2! v3 v4 v5 v6');
  await call(createPolicyVersion, rotating);
  assert.equal(await versionsOf({ call }), 'v2! v4 v5 v6 v7');

  const on = (VersionId: string) => ({ ...named, VersionId });
  await refuses(deletePolicyVersion, on('v2'), 'DeleteConflict.Policy.Version.Default');
  for (const handler of [deletePolicyVersion, setDefaultPolicyVersion]) {
    await refuses(handler, on('v3'), 'EntityNotExist.Policy.Version');
  }
  await call(deletePolicyVersion, on('v7'));
  await call(setDefaultPolicyVersion, on('v5'));
  await call(deletePolicyVersion, on('v2'));
  await call(createPolicyVersion, add);
  assert.equal(await versionsOf({ call }), 'v4 v5! v6 v8');
  const { Policy } = await call(getPolicy, custom);
  assert.equal(Policy.DefaultVersion, 'v5');
});

test('system policies are there to be read, in every account, and by name alone', async () => {
  const { call, refuses } = await open();
  const { Policies } = await call(listPolicies, { PolicyType: 'System' });
  assert.deepEqual(
    Policies.Policy.map(({ PolicyName }) => PolicyName),
    SYSTEM_POLICIES.map(({ name }) => name).sort(),
  );
  for (const { name, versionId, document } of SYSTEM_POLICIES) {
    const system = { PolicyType: 'System', PolicyName: name };
    const { Policy, DefaultPolicyVersion } = await call(getPolicy, system);
    assert.deepEqual([Policy.PolicyName, Policy.DefaultVersion], [name, versionId]);
    assert.equal(DefaultPolicyVersion.PolicyDocument, document);
    const { PolicyVersion } = await call(getPolicyVersion, { ...system, VersionId: versionId });
    assert.deepEqual(PolicyVersion, DefaultPolicyVersion);
    await refuses(getPolicyVersion, { ...system, VersionId: 'v99' }, 'EntityNotExist.Policy.Version');
    await refuses(deletePolicy, { PolicyName: name }, 'EntityNotExist.Policy');
  }
  // One of the account's own may have the same name, and is another.
  const PolicyName = 'AdministratorAccess';
  await call(createPolicy, { PolicyName, PolicyDocument: TEXT });
  const own = await call(getPolicy, { PolicyName, PolicyType: 'Custom' });
  assert.equal(own.DefaultPolicyVersion.PolicyDocument, TEXT);
  const theirs = await call(getPolicy, { PolicyName, PolicyType: 'System' });
  assert.notEqual(theirs.DefaultPolicyVersion.PolicyDocument, TEXT);
});

test('policies are listed with counts and tags, custom ones first, over pages', async () => {
  const { call } = await open();
  const tagged = (Key: string, Value: string) => JSON.stringify([{ Key, Value }]);
  for (const PolicyName of ['a', 'B', 'c']) {
    await call(createPolicy, { PolicyName, PolicyDocument: TEXT, Tag: tagged('team', PolicyName) });
  }
  await call(createUser, { UserName: 'ann' });
  const attached = { PolicyType: 'Custom', PolicyName: 'b', UserName: 'ann' };
  await call(attachPolicyToUser, attached);
  const names: string[] = [];
  let Marker: string | undefined;
  do {
    const page: Readonly<Record<string, string>> = Marker === undefined ? {} : { Marker };
    const answer = await call(listPolicies, { MaxItems: '4', ...page });
    names.push(
      ...answer.Policies.Policy.map(({ PolicyName, AttachmentCount }) => `${PolicyName} ${AttachmentCount}`),
    );
    Marker = answer.Marker;
  } while (Marker !== undefined);
  const system = SYSTEM_POLICIES.map(({ name }) => `${name} 0`).sort();
  assert.deepEqual(names, ['a 0', 'B 1', 'c 0', ...system]);

  const found = async (Tag: string) => {
    const { Policies } = await call(listPolicies, { Tag });
    return Policies.Policy.map(({ PolicyName, Tags }) => [
      PolicyName,
      ...Tags.Tag.map(({ TagValue }) => TagValue),
    ]);
  };
  assert.deepEqual(await found(tagged('team', 'B')), [['B', 'B']]);
  assert.equal((await found('[{"Key":"team"}]')).length, 3);
  assert.deepEqual(await found(tagged('team', 'b')), []);
  await call(detachPolicyFromUser, attached);
});

test('a policy goes only when it is attached nowhere, with its other versions when that is said', async () => {
  const { call, refuses } = await open();
  await call(createPolicy, { ...named, PolicyDocument: TEXT });
  await call(createUser, { UserName: 'ann' });
  await call(attachPolicyToUser, { ...custom, UserName: 'ann' });
  await refuses(deletePolicy, { ...named, CascadingDelete: 'true' }, 'DeleteConflict.Policy.User');
  await call(detachPolicyFromUser, { ...custom, UserName: 'ann' });
  await call(createPolicyVersion, { ...named, PolicyDocument: TEXT });
  await refuses(deletePolicy, named, 'DeleteConflict.Policy.Version');
  await refuses(deletePolicy, { ...named, CascadingDelete: 'false' }, 'DeleteConflict.Policy.Version');
  await call(deletePolicy, { ...named, CascadingDelete: 'true' });
});
