import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { kmsOperations } from '@keyhold/api/kms/product.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import { ramOperations } from '@keyhold/api/ram/product.ts';
import { stsOperations } from '@keyhold/api/sts/product.ts';
import { epochHeader } from '../keys/ciphertext.ts';
import { HOME, OTHER_REGION, sampleAlias, sampleKey } from '../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import type { Caller } from './caller.ts';
import type { NamedResource } from './naming.ts';
import { nameResources } from './resources.ts';
import { directoryOf, sampleRole, sampleUser } from './test-kit/directories.ts';

const NOW = 1_700_000_000_000;
const ELSEWHERE = { ...HOME, accountId: '1000000000000002' };
const { store } = await emptyStores(testDirectory())();
after(() => store.close());

const put = async (changes = {}): Promise<string> => {
  const key = sampleKey(changes);
  await store.keys.create(key, null, [], 1e9);
  return key.keyId;
};
const own = await put();
const second = await put();
const due = await put({ state: 'PendingDeletion', deleteAt: NOW });
const inOtherRegion = await put(OTHER_REGION);
const foreign = await put(ELSEWHERE);
for (const [name, keyId, home] of [
  ['alias/own', own, HOME],
  ['alias/due', due, HOME],
  ['alias/elsewhere', foreign, ELSEWHERE],
] as const) {
  await store.aliases.create({ ...sampleAlias(keyId, name), ...home }, 1e9);
}

const root = { type: 'root-account', accountId: HOME.accountId, principalId: '', accessKeyId: '' } as const;
const ann = { ...root, type: 'ram-user', userName: 'ann' } as const;
const people = [
  ['user', sampleUser('200', 'ann')],
  ['role', sampleRole('300', 'Batch')],
] as const;
const sharing = JSON.stringify({
  Version: '1',
  Statement: [
    { Effect: 'Allow', Principal: { RAM: [`acs:ram::${HOME.accountId}:*`] }, Action: 'kms:*', Resource: '*' },
  ],
});
const directories = new Map([
  [HOME.accountId, directoryOf(HOME.accountId, people)],
  [
    ELSEWHERE.accountId,
    directoryOf(ELSEWHERE.accountId, [
      ['role', sampleRole('301', 'Shared', sharing.replace('"kms:*","Resource":"*"', '"sts:AssumeRole"'))],
    ]),
  ],
]);
const name = (
  operation: Operation,
  parameters: Record<string, unknown>,
  caller: Caller = root,
  admitted = false,
) =>
  nameResources(
    {
      store,
      directories: { get: async (accountId) => directories.get(accountId) ?? directoryOf(accountId, []) },
      caller,
      directory: directories.get(HOME.accountId) ?? assert.fail(),
      home: HOME,
      now: NOW,
      admits: async ({ policy }) => admitted && policy !== undefined,
    },
    operation,
    parameters,
  );
const arn = (rest: string, { region, accountId } = HOME) => `acs:kms:${region}:${accountId}:${rest}`;
const told = ({ ask, key, missing }: NamedResource) => [ask.shown, ask.owner, key?.keyId, missing?.code];
const { CreateAlias, CreateKey, Decrypt, DeleteAlias, DescribeKey, DescribeRegions } = kmsOperations;
const { Encrypt, EnableKey, ListAliases, ListKeys, ListTagResources, OpenKmsService } = kmsOperations;
const { ReEncrypt, SetDeletionProtection, TagResources, UpdateAlias } = kmsOperations;

test('a key by id, ARN and alias, there and not there', async () => {
  const gone = 'Forbidden.KeyNotFound';
  const cases: readonly (readonly [given: string, ...told: (string | undefined)[]])[] = [
    [own, arn(`key/${own}`), HOME.accountId, own],
    [arn(`key/${own}`), arn(`key/${own}`), HOME.accountId, own],
    ['alias/own', arn('alias/own'), HOME.accountId, own],
    // It is there until it has been destroyed.
    [due, arn(`key/${due}`), HOME.accountId, due],
    ['alias/due', arn('alias/due'), HOME.accountId, due],
    ['nothing', arn('key/nothing'), HOME.accountId, undefined, gone],
    [own.toUpperCase(), arn(`key/${own.toUpperCase()}`), HOME.accountId, undefined, gone],
    // Of another account or region, by id: answered exactly like nothing.
    [foreign, arn(`key/${foreign}`), HOME.accountId, undefined, gone],
    [inOtherRegion, arn(`key/${inOtherRegion}`), HOME.accountId, undefined, gone],
    // By ARN: asked for as what it says, there or not.
    [
      arn(`key/${foreign}`, ELSEWHERE),
      arn(`key/${foreign}`, ELSEWHERE),
      ELSEWHERE.accountId,
      undefined,
      gone,
    ],
    [arn('key/nothing', ELSEWHERE), arn('key/nothing', ELSEWHERE), ELSEWHERE.accountId, undefined, gone],
    [
      arn(`key/${inOtherRegion}`, OTHER_REGION),
      arn(`key/${inOtherRegion}`, OTHER_REGION),
      HOME.accountId,
      undefined,
      gone,
    ],
    ['alias/nothing', arn('alias/nothing'), HOME.accountId, undefined, 'Forbidden.AliasNotFound'],
    ['alias/elsewhere', arn('alias/elsewhere'), HOME.accountId, undefined, 'Forbidden.AliasNotFound'],
  ];
  for (const [KeyId, ...expected] of cases) {
    const [resource, ...more] = await name(DescribeKey, { KeyId });
    assert.ok(resource);
    assert.deepEqual(told(resource), [...expected, undefined, undefined].slice(0, 4), KeyId);
    assert.deepEqual(more, []);
    assert.deepEqual([resource.ask.action, resource.parameter], ['kms:DescribeKey', 'KeyId']);
  }
});

test('an alias is asked for as its key and shown as itself', async () => {
  const [resource] = await name(DescribeKey, { KeyId: 'alias/own' });
  assert.deepEqual([resource?.ask.resource, resource?.ask.shown], [arn(`key/${own}`), arn('alias/own')]);
});

test('where no alias can be used it is refused, whether there or not', async () => {
  for (const KeyId of ['alias/own', 'alias/nothing', 'alias/']) {
    await assert.rejects(name(EnableKey, { KeyId }), { code: 'Unsupported.Alias', message: /"KeyId"/ });
  }
});

test('an ARN that is none is a wrong parameter', async () => {
  for (const KeyId of [
    'acs:',
    'acs:kms:cn-hangzhou:1:alias/own',
    arn('key/'),
    arn(`key/${own}/x`),
    arn('secret/x'),
  ]) {
    await assert.rejects(name(DescribeKey, { KeyId }), { code: 'InvalidParameter', message: /"KeyId"/ });
  }
});

test('a ciphertext names its key', async () => {
  const blobOf = (keyId: string): string =>
    Buffer.concat([
      epochHeader(1, keyId, randomUUID(), Buffer.alloc(32), Buffer.alloc(32)),
      Buffer.alloc(16),
    ]).toString('base64');
  for (const [keyId, missing] of [
    [own, undefined],
    [foreign, 'Forbidden.KeyNotFound'],
    [inOtherRegion, 'Forbidden.KeyNotFound'],
    [due, undefined],
    [randomUUID(), 'Forbidden.KeyNotFound'],
  ] as const) {
    const [resource] = await name(Decrypt, { CiphertextBlob: blobOf(keyId) });
    assert.deepEqual([resource?.ask.resource, resource?.missing?.code], [arn(`key/${keyId}`), missing]);
  }
  await assert.rejects(name(Decrypt, { CiphertextBlob: 'AQEB' }), { code: 'InvalidParameter' });
  const both = await name(ReEncrypt, { CiphertextBlob: blobOf(own), DestinationKeyId: second });
  assert.deepEqual(
    both.map(({ ask, parameter }) => [ask.action, parameter, ask.resource]),
    [
      ['kms:ReEncryptFrom', 'CiphertextBlob', arn(`key/${own}`)],
      ['kms:ReEncryptTo', 'DestinationKeyId', arn(`key/${second}`)],
    ],
  );
});

test("another account's key is named as such where its policy admits the caller, and only for use", async () => {
  const there = directories.get(ELSEWHERE.accountId) ?? assert.fail();
  const shared = directoryOf(ELSEWHERE.accountId, [
    ['key-policy', { keyId: foreign, document: sharing, updatedAt: 0 }],
  ]);
  directories.set(ELSEWHERE.accountId, shared);
  const CiphertextBlob = Buffer.concat([
    epochHeader(1, foreign, randomUUID(), Buffer.alloc(32), Buffer.alloc(32)),
    Buffer.alloc(16),
  ]).toString('base64');
  const KeyId = arn(`key/${foreign}`, ELSEWHERE);
  const own = [arn(`key/${foreign}`), HOME.accountId, undefined, 'Forbidden.KeyNotFound'];
  const theirs = [KeyId, ELSEWHERE.accountId, foreign, undefined];
  const first = async (...asked: Parameters<typeof name>) => told((await name(...asked))[0] ?? assert.fail());
  assert.deepEqual(await first(Decrypt, { CiphertextBlob }, root, true), theirs);
  assert.deepEqual(await first(Decrypt, { CiphertextBlob }, root, false), own);
  assert.deepEqual(await first(Encrypt, { KeyId }, root, true), theirs);
  const missing = [KeyId, ELSEWHERE.accountId, undefined, 'Forbidden.KeyNotFound'];
  assert.deepEqual(await first(Encrypt, { KeyId }, root, false), missing);
  for (const operation of [DescribeKey, EnableKey])
    assert.deepEqual(await first(operation, { KeyId }, root, true), missing);
  directories.set(ELSEWHERE.accountId, there);
  assert.deepEqual(await first(Decrypt, { CiphertextBlob }, root, true), own);
});

test('users, groups, roles and policies are asked for as they are stored', async () => {
  const ram = (rest: string, account = HOME.accountId) => `acs:ram:*:${account}:${rest}`;
  const {
    GetUser,
    ListUsers,
    GetRole,
    AttachPolicyToUser,
    ListAccessKeys,
    ListTagResources: tags,
  } = ramOperations;
  const asked = async (...call: Parameters<typeof name>) =>
    (await name(...call)).map(({ ask }) => ask.resource);
  assert.deepEqual(await asked(GetUser, { UserName: 'ANN' }), [ram('user/ann')]);
  assert.deepEqual(await asked(GetUser, { UserName: 'Bob' }), [ram('user/Bob')]);
  assert.deepEqual(await asked(GetRole, { RoleName: 'batch' }), [ram('role/Batch')]);
  assert.deepEqual(await asked(ListUsers, {}), [ram('user/*')]);
  const attached = { UserName: 'ann', PolicyName: 'AdministratorAccess', PolicyType: 'System' };
  const both = [ram('user/ann'), ram('policy/AdministratorAccess', 'system')];
  assert.deepEqual(await asked(AttachPolicyToUser, attached), both);
  const otherwise = { ...attached, PolicyName: 'administratorACCESS' };
  assert.deepEqual(await asked(AttachPolicyToUser, otherwise), both);
  assert.deepEqual(await asked(ListAccessKeys, {}, ann), [ram('user/ann')]);
  assert.deepEqual(await asked(ListAccessKeys, {}), [ram('user/*')]);
  const session = {
    ...ann,
    type: 'assumed-role',
    roleId: '300',
    roleName: 'Batch',
    sessionName: 's',
    startedAt: 0,
    assumedBy: '',
    sessionPolicy: undefined,
  } as const;
  await assert.rejects(name(ListAccessKeys, {}, session), { code: 'MissingParameter' });
  const listed = { ResourceType: 'role', ResourceNames: ['BATCH', 'None'] };
  assert.deepEqual(await asked(tags, listed), [ram('role/Batch'), ram('role/None')]);
  assert.deepEqual(await asked(tags, { ResourceType: 'policy' }), [ram('policy/*')]);
});

test('a role to assume comes with its trust policy, in whichever account it is, if that admits the caller', async () => {
  const { AssumeRole } = stsOperations;
  const role = async (RoleArn: string, admitted = false) =>
    (await name(AssumeRole, { RoleArn }, root, admitted))[0] ?? assert.fail();
  const shared = await role(`acs:ram::${ELSEWHERE.accountId}:role/shared`, true);
  assert.deepEqual(
    [shared.ask.owner, shared.policy?.policy.kind, shared.missing],
    [ELSEWHERE.accountId, 'trust', undefined],
  );
  assert.equal(shared.ask.resource, `acs:ram:*:${ELSEWHERE.accountId}:role/Shared`);
  for (const [account, roleName] of [
    [ELSEWHERE.accountId, 'shared'],
    [ELSEWHERE.accountId, 'none'],
    ['7', 'none'],
  ]) {
    const RoleArn = `acs:ram::${account}:role/${roleName}`;
    const { ask, policy, missing } = await role(RoleArn);
    assert.equal(ask.resource, `acs:ram:*:${account}:role/${roleName}`);
    assert.deepEqual([policy?.policy.statements, missing?.code], [[], 'EntityNotExist.Role']);
  }
  const gone = await role(`acs:ram::${HOME.accountId}:role/none`);
  assert.deepEqual([gone.policy, gone.missing?.code], [undefined, 'EntityNotExist.Role']);
});

test('listed keys are each asked for; without a list, all of them', async () => {
  const ResourceId = [own, 'nothing', foreign];
  const resources = await name(TagResources, { ResourceId });
  assert.deepEqual(
    resources.map(({ ask, missing }) => [ask.resource, missing?.code]),
    [
      [arn(`key/${own}`), undefined],
      [arn('key/nothing'), 'InvalidResourceId.NotFound'],
      [arn(`key/${foreign}`), 'InvalidResourceId.NotFound'],
    ],
  );
  assert.deepEqual(resources[1]?.missing?.details, { resourceId: 'nothing' });
  const [all] = await name(ListTagResources, {});
  assert.equal(all?.ask.resource, arn('key'));
});

test('aliases are asked for with the key they lead to', async () => {
  const shape = async (operation: Operation, parameters: Record<string, unknown>) =>
    (await name(operation, parameters)).map(({ kind, ask, missing }) => [kind, ask.resource, missing?.code]);
  const AliasName = 'alias/own';
  assert.deepEqual(await shape(CreateAlias, { AliasName: 'alias/new', KeyId: own }), [
    ['alias', arn('alias/new'), undefined],
    ['key', arn(`key/${own}`), undefined],
  ]);
  assert.deepEqual(await shape(UpdateAlias, { AliasName, KeyId: second }), [
    ['alias', arn(AliasName), undefined],
    ['key', arn(`key/${second}`), undefined],
    ['aliasTarget', arn(`key/${own}`), undefined],
  ]);
  assert.deepEqual(await shape(DeleteAlias, { AliasName: 'alias/nothing' }), [
    ['alias', arn('alias/nothing'), undefined],
    ['aliasTarget', arn('alias/nothing'), 'Forbidden.AliasNotFound'],
  ]);
});

test('the containers, and nothing at all', async () => {
  const cases: readonly [Operation, readonly string[]][] = [
    [CreateKey, [arn('key')]],
    [ListKeys, [arn('key')]],
    [ListAliases, [arn('alias')]],
    [OpenKmsService, ['*']],
    [DescribeRegions, []],
  ];
  for (const [operation, expected] of cases) {
    const resources = await name(operation, {});
    assert.deepEqual(
      resources.map(({ ask }) => ask.resource),
      expected,
    );
    for (const { ask, missing } of resources)
      assert.deepEqual([ask.owner, missing], [HOME.accountId, undefined]);
  }
});

test('the other name of a parameter is read where the first is absent', async () => {
  for (const parameters of [{ KeyId: own }, { ProtectedResourceArn: arn(`key/${own}`) }]) {
    const [resource] = await name(SetDeletionProtection, parameters);
    assert.deepEqual([resource?.parameter, resource?.key?.keyId], ['ProtectedResourceArn', own]);
  }
  await assert.rejects(name(SetDeletionProtection, {}), { code: 'MissingParameter' });
});
