import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { kmsOperations } from '@keyhold/api/kms/product.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import { epochHeader } from '../keys/ciphertext.ts';
import { HOME, OTHER_REGION, sampleAlias, sampleKey } from '../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import { type NamedResource, nameResources } from './resources.ts';

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
const pending = await put({ state: 'PendingDeletion', deleteAt: NOW + 1 });
const destroyed = await put({ state: 'PendingDeletion', deleteAt: NOW });
const inOtherRegion = await put(OTHER_REGION);
const foreign = await put(ELSEWHERE);
for (const [name, keyId, home] of [
  ['alias/own', own, HOME],
  ['alias/destroyed', destroyed, HOME],
  ['alias/elsewhere', foreign, ELSEWHERE],
] as const) {
  await store.aliases.create({ ...sampleAlias(keyId, name), ...home }, 1e9);
}

const name = (operation: Operation, parameters: Record<string, unknown>) =>
  nameResources({ store, home: HOME, now: NOW }, operation, parameters);
const arn = (rest: string, { region, accountId } = HOME) => `acs:kms:${region}:${accountId}:${rest}`;
const told = ({ ask, key, missing }: NamedResource) => [ask.shown, ask.owner, key?.keyId, missing?.code];
const { CreateAlias, CreateKey, Decrypt, DeleteAlias, DescribeKey, DescribeRegions } = kmsOperations;
const { EnableKey, ListAliases, ListKeys, ListTagResources, OpenKmsService } = kmsOperations;
const { ReEncrypt, SetDeletionProtection, TagResources, UpdateAlias } = kmsOperations;

test('a key by id, ARN and alias, there and not there', async () => {
  const gone = 'Forbidden.KeyNotFound';
  const cases: readonly (readonly [given: string, ...told: (string | undefined)[]])[] = [
    [own, arn(`key/${own}`), HOME.accountId, own],
    [arn(`key/${own}`), arn(`key/${own}`), HOME.accountId, own],
    ['alias/own', arn('alias/own'), HOME.accountId, own],
    [pending, arn(`key/${pending}`), HOME.accountId, pending],
    ['nothing', arn('key/nothing'), HOME.accountId, undefined, gone],
    [own.toUpperCase(), arn(`key/${own.toUpperCase()}`), HOME.accountId, undefined, gone],
    // Of another account or region, by id: answered exactly like nothing.
    [foreign, arn(`key/${foreign}`), HOME.accountId, undefined, gone],
    [inOtherRegion, arn(`key/${inOtherRegion}`), HOME.accountId, undefined, gone],
    [destroyed, arn(`key/${destroyed}`), HOME.accountId, undefined, gone],
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
    ['alias/destroyed', arn('alias/destroyed'), HOME.accountId, undefined, gone],
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
      epochHeader(keyId, randomUUID(), Buffer.alloc(32), Buffer.alloc(32)),
      Buffer.alloc(16),
    ]).toString('base64');
  for (const [keyId, missing] of [
    [own, undefined],
    [foreign, 'Forbidden.KeyNotFound'],
    [inOtherRegion, 'Forbidden.KeyNotFound'],
    [destroyed, 'Forbidden.KeyNotFound'],
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
