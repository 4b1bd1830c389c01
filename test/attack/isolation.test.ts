import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { createAccountIn } from '@keyhold/server/accounts/create-account-in.ts';
import { readConfig } from '@keyhold/server/config.ts';
import {
  ACCOUNT,
  type Credentials,
  type Parameters,
  ROOT,
  startTestServer,
  type TestServer,
} from '../server.ts';
import { post, signRpc } from './signed.ts';

const HERE = 'cn-hangzhou';
const THERE = 'cn-shanghai';
const OTHER = '2000000000000002';
const ALIAS = 'alias/of-the-owner';
const CONTEXT = '{"of":"the owner"}';

/** Every operation that names a key, with `{}` where the name goes. */
const BY_KEY: readonly (readonly [action: string, parameters: Parameters])[] = [
  ['DescribeKey', { KeyId: '{}' }],
  ['EnableKey', { KeyId: '{}' }],
  ['DisableKey', { KeyId: '{}' }],
  ['UpdateKeyDescription', { KeyId: '{}', Description: 'mine' }],
  ['ScheduleKeyDeletion', { KeyId: '{}' }],
  ['CancelKeyDeletion', { KeyId: '{}' }],
  ['SetDeletionProtection', { KeyId: '{}', EnableDeletionProtection: true }],
  ['SetDeletionProtection', { ProtectedResourceArn: '{}', EnableDeletionProtection: true }],
  ['CreateAlias', { KeyId: '{}', AliasName: 'alias/mine' }],
  ['UpdateAlias', { KeyId: '{}', AliasName: 'alias/of-the-stranger' }],
  ['ListAliasesByKeyId', { KeyId: '{}' }],
  ['Encrypt', { KeyId: '{}', Plaintext: 'p' }],
  ['GenerateDataKey', { KeyId: '{}' }],
  ['GenerateDataKeyWithoutPlaintext', { KeyId: '{}' }],
  ['ListKeyVersions', { KeyId: '{}' }],
  ['DescribeKeyVersion', { KeyId: '{}', KeyVersionId: randomUUID() }],
  ['TagResource', { KeyId: '{}', Tags: '[{"TagKey":"a","TagValue":"b"}]' }],
  ['UntagResource', { KeyId: '{}', TagKeys: '["owner"]' }],
  ['ListResourceTags', { KeyId: '{}' }],
  ['TagResources', { 'ResourceId.1': '{}', ResourceType: 'key', 'Tag.1.Key': 'a', 'Tag.1.Value': 'b' }],
  ['UntagResources', { 'ResourceId.1': '{}', ResourceType: 'key', All: true }],
  ['ListTagResources', { 'ResourceId.1': '{}', ResourceType: 'key' }],
];
const BY_ALIAS = [
  ...BY_KEY.slice(0, 1),
  ...BY_KEY.slice(11, 16),
  ['UpdateAlias', { AliasName: '{}', KeyId: 'OWN' }],
  ['DeleteAlias', { AliasName: '{}' }],
] as const;
const BY_CIPHERTEXT: typeof BY_KEY = [
  ['Decrypt', { CiphertextBlob: '{}', EncryptionContext: CONTEXT }],
  ['Decrypt', { CiphertextBlob: '{}' }],
  ['ReEncrypt', { CiphertextBlob: '{}', SourceEncryptionContext: CONTEXT, DestinationKeyId: 'OWN' }],
];

suite('one account or region knows nothing of another', () => {
  let server: TestServer;
  let KeyId = '';
  let CiphertextBlob = '';
  let own = '';
  let stranger: Credentials = ROOT;
  /** Who asks, and where: another account in the same region, the same account in another region. */
  let elsewhere: readonly (readonly [
    who: string,
    credentials: Credentials,
    region: string,
    accountId: string,
  ])[] = [];

  before(async () => {
    server = await startTestServer({ KEYHOLD_REGIONS: `${HERE},${THERE}` });
    const made = await createAccountIn(readConfig({ KEYHOLD_DATA_DIR: server.dataDir }), {
      accountId: OTHER,
      name: 'other',
    });
    stranger = { accessKeyId: made.AccessKeyId, accessKeySecret: made.AccessKeySecret };
    const Tags = '[{"TagKey":"owner","TagValue":"first"}]';
    KeyId = (await server.call('CreateKey', { Tags })).body.KeyMetadata.KeyId;
    await server.call('CreateAlias', { KeyId, AliasName: ALIAS });
    const sealed = await server.call('Encrypt', { KeyId, Plaintext: 'p', EncryptionContext: CONTEXT });
    CiphertextBlob = sealed.body.CiphertextBlob;
    own = (await server.call('CreateKey', {}, stranger)).body.KeyMetadata.KeyId;
    const ofStranger = { KeyId: own, AliasName: 'alias/of-the-stranger' };
    assert.equal((await server.call('CreateAlias', ofStranger, stranger)).status, 200);
    elsewhere = [
      ['another account', stranger, HERE, OTHER],
      ['another region', ROOT, THERE, ACCOUNT],
      ['another account and region', stranger, THERE, OTHER],
    ];
  });
  after(() => server[Symbol.asyncDispose]());

  /** The whole answer, without what differs from call to call and without the name asked for. */
  async function ask(
    action: string,
    template: Parameters,
    name: string,
    credentials: Credentials,
    region: string,
  ) {
    const fill = (value: unknown) => (value === '{}' ? name : value === 'OWN' ? own : value) as string;
    const parameters = Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fill(value)]));
    const answer = await post(server.url, signRpc(action, { ...parameters, RegionId: region }, credentials));
    const requestId = /"RequestId":"([^"]+)"/.exec(answer.body)?.[1] ?? '';
    const { status } = answer;
    const headers = answer.headers.replace(/^(date|content-length|x-acs-request-id): .*$/gm, '');
    return { status, headers, body: answer.body.replaceAll(requestId, '').replaceAll(name, '<name>') };
  }

  async function assertSame(
    asks: typeof BY_KEY,
    foreign: (id: string) => string,
    missing: (id: string) => string,
  ) {
    for (const [who, credentials, region, accountId] of elsewhere) {
      for (const [action, template] of asks) {
        const asked = await ask(action, template, foreign(accountId), credentials, region);
        const none = await ask(action, template, missing(accountId), credentials, region);
        assert.deepEqual(asked, none, `${action} from ${who}`);
        assert.ok(asked.status >= 400 && asked.status < 500, `${action} from ${who}: ${asked.body}`);
      }
    }
  }

  test('by key id', () =>
    assertSame(
      BY_KEY,
      () => KeyId,
      () => randomUUID(),
    ));

  test('by ARN of the account that asks', () =>
    assertSame(
      BY_KEY,
      (accountId) => `acs:kms:${HERE}:${accountId}:key/${KeyId}`,
      (accountId) => `acs:kms:${HERE}:${accountId}:key/${randomUUID()}`,
    ));

  test('by ARN of the owner', () =>
    assertSame(
      BY_KEY,
      () => `acs:kms:${HERE}:${ACCOUNT}:key/${KeyId}`,
      () => `acs:kms:${HERE}:${ACCOUNT}:key/${randomUUID()}`,
    ));

  test('by alias', () =>
    assertSame(
      BY_ALIAS,
      () => ALIAS,
      () => 'alias/of-nobody-00',
    ));

  test('by ciphertext', () =>
    assertSame(
      BY_CIPHERTEXT,
      () => CiphertextBlob,
      () => {
        const blob = Buffer.from(CiphertextBlob, 'base64');
        blob.set(Buffer.from(randomUUID().replaceAll('-', ''), 'hex'), 2);
        return blob.toString('base64');
      },
    ));

  test('in lists', async () => {
    const filters = JSON.stringify([{ Key: 'KeyId', Values: [KeyId] }]);
    const byTag = JSON.stringify([{ Key: 'TagKey', Values: ['owner'] }]);
    const byAlias = JSON.stringify([{ Key: 'AliasName', Values: [ALIAS] }]);
    const lists: readonly (readonly [string, Parameters])[] = [
      ['ListKeys', { PageSize: 100 }],
      ['ListKeys', { Filters: filters }],
      ['ListKeys', { Filters: byTag }],
      ['ListKeys', { Filters: byAlias }],
      ['ListAliases', { PageSize: 100 }],
      ['ListTagResources', { ResourceType: 'key' }],
      ['ListTagResources', { ResourceType: 'key', 'Tag.1.Key': 'owner' }],
    ];
    for (const [action, parameters] of lists) {
      const atHome = await server.call(action, { ...parameters, RegionId: HERE });
      assert.ok(JSON.stringify(atHome.body).includes(KeyId), `${action} at home`);
      for (const [who, credentials, RegionId] of elsewhere) {
        const answer = await server.call(action, { ...parameters, RegionId }, credentials);
        assert.equal(answer.status, 200);
        const text = JSON.stringify(answer.body);
        assert.ok(!text.includes(KeyId) && !text.includes(ALIAS), `${action} from ${who}`);
      }
    }
  });

  test('and the owner finds everything as it was', async () => {
    const { KeyMetadata } = (await server.call('DescribeKey', { KeyId: ALIAS })).body;
    assert.deepEqual(
      [KeyMetadata.KeyId, KeyMetadata.KeyState, KeyMetadata.Description],
      [KeyId, 'Enabled', ''],
    );
    const { Tag } = (await server.call('ListResourceTags', { KeyId })).body.Tags;
    assert.deepEqual(Tag, [{ KeyId, TagKey: 'owner', TagValue: 'first' }]);
    const opened = await server.call('Decrypt', { CiphertextBlob, EncryptionContext: CONTEXT });
    assert.equal(opened.body.Plaintext, 'p');
  });

  test('one alias name can be of two accounts', async () => {
    const taken = await server.call('CreateAlias', { KeyId: own, AliasName: ALIAS }, stranger);
    assert.equal(taken.status, 200);
    assert.equal((await server.call('DescribeKey', { KeyId: ALIAS })).body.KeyMetadata.KeyId, KeyId);
    const theirs = await server.call('DescribeKey', { KeyId: ALIAS }, stranger);
    assert.equal(theirs.body.KeyMetadata.KeyId, own);
    assert.equal((await server.call('DeleteAlias', { AliasName: ALIAS }, stranger)).status, 200);
    assert.equal((await server.call('DescribeKey', { KeyId: ALIAS })).status, 200);
  });
});
