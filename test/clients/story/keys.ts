import assert from 'node:assert/strict';
import { type Step, step } from './scene.ts';

const REGION = 'cn-hangzhou';
const CONTEXT = { Project: 'Apollo', Owner: "Zoë & 王芳 (it's 100%*)" };
const WRONG_CONTEXT = { ...CONTEXT, Project: 'Artemis' };
/** Text and every reserved character that clients escape differently. */
const DESCRIPTION = "中文🔑 !'()*~+%&=?/ end";
const ALL = { PageNumber: 1, PageSize: 100 };

/** Keys, and what they seal. */
export const KEYS: readonly Step[] = [
  step('the served region is listed', 'DescribeRegions', async (scene) => {
    assert.deepEqual((await scene.call('DescribeRegions')).list('Regions.Region', 'RegionId'), [REGION]);
  }),
  step('the account is open', 'DescribeAccountKmsStatus', async (scene) => {
    assert.equal((await scene.call('DescribeAccountKmsStatus')).text('AccountStatus'), 'Enabled');
  }),
  step('opening it again is refused', 'OpenKmsService', async (scene) => {
    await scene.refuses('Forbidden.Opened', 400, 'OpenKmsService', {});
  }),
  step('a key made with no parameter is ready for use', 'CreateKey DescribeKey', async (scene) => {
    const made = await scene.call('CreateKey');
    scene.key = made.text('KeyMetadata.KeyId');
    scene.arn = made.text('KeyMetadata.Arn');
    assert.match(scene.arn, new RegExp(`^acs:kms:${REGION}:\\d+:key/${scene.key}$`));
    for (const metadata of [made, await scene.call('DescribeKey', { KeyId: scene.key })]) {
      assert.equal(metadata.text('KeyMetadata.KeyId'), scene.key);
      assert.equal(metadata.text('KeyMetadata.KeyState'), 'Enabled');
      assert.equal(metadata.text('KeyMetadata.Origin'), 'Aliyun_KMS');
      for (const empty of ['Description', 'DeleteDate', 'MaterialExpireTime']) {
        assert.equal(metadata.text(`KeyMetadata.${empty}`), '', empty);
      }
    }
  }),
  step('a description keeps reserved characters', 'CreateKey', async (scene) => {
    const made = await scene.call('CreateKey', { Description: DESCRIPTION });
    scene.otherKey = made.text('KeyMetadata.KeyId');
    assert.equal(made.text('KeyMetadata.Description'), DESCRIPTION);
  }),
  step('a description is changed', 'UpdateKeyDescription', async (scene) => {
    const Description = `${DESCRIPTION} 2`;
    await scene.call('UpdateKeyDescription', { KeyId: scene.otherKey, Description });
    const described = await scene.call('DescribeKey', { KeyId: scene.otherKey });
    assert.equal(described.text('KeyMetadata.Description'), Description);
  }),
  step('keys are listed', 'ListKeys', async (scene) => {
    const listed = (await scene.call('ListKeys', ALL)).list('Keys.Key', 'KeyId');
    for (const key of [scene.key, scene.otherKey]) assert.ok(listed.includes(key), key);
  }),
  step('an alias is made and listed', 'CreateAlias ListAliases ListAliasesByKeyId', async (scene) => {
    await scene.call('CreateAlias', { KeyId: scene.key, AliasName: scene.alias });
    const listed = await scene.call('ListAliases', ALL);
    assert.ok(listed.list('Aliases.Alias', 'AliasName').includes(scene.alias));
    const ofKey = await scene.call('ListAliasesByKeyId', { KeyId: scene.key, ...ALL });
    assert.deepEqual(ofKey.list('Aliases.Alias', 'AliasName'), [scene.alias]);
  }),
  step('a data key seals a file and opens it again', 'GenerateDataKey Decrypt', async (scene) => {
    const made = await scene.call('GenerateDataKey', { KeyId: scene.alias, NumberOfBytes: 32 });
    const key = made.text('Plaintext');
    assert.equal(Buffer.from(key, 'base64').length, 32);
    const sealed = await scene.call('seal', { key, data: scene.file.toString('base64') });
    assert.ok(!Buffer.from(sealed.text('data'), 'base64').includes(scene.file.subarray(0, 20)));
    // Programs read the blob from a file, line end and all.
    const opened = await scene.call('Decrypt', { CiphertextBlob: `${made.text('CiphertextBlob')}\n` });
    assert.equal(opened.text('Plaintext'), key);
    assert.equal(opened.text('KeyId'), scene.key);
    const file = await scene.call('open', { key: opened.text('Plaintext'), data: sealed.text('data') });
    assert.ok(Buffer.from(file.text('data'), 'base64').equals(scene.file));
  }),
  step('a data key is made without its plaintext', 'GenerateDataKeyWithoutPlaintext', async (scene) => {
    const asked = { KeyId: scene.alias, NumberOfBytes: 24 };
    const made = await scene.call('GenerateDataKeyWithoutPlaintext', asked);
    assert.equal(made.text('Plaintext'), '');
    const opened = await scene.call('Decrypt', { CiphertextBlob: made.text('CiphertextBlob') });
    assert.equal(Buffer.from(opened.text('Plaintext'), 'base64').length, 24);
  }),
  step('a PEM text returns byte for byte, in its context only', 'Encrypt Decrypt', async (scene) => {
    const asked = { KeyId: scene.alias, Plaintext: scene.pem, EncryptionContext: CONTEXT };
    const CiphertextBlob = (await scene.call('Encrypt', asked)).text('CiphertextBlob');
    const opened = await scene.call('Decrypt', { CiphertextBlob, EncryptionContext: CONTEXT });
    assert.equal(opened.text('Plaintext'), scene.pem);
    const wrong = { CiphertextBlob, EncryptionContext: WRONG_CONTEXT };
    await scene.refuses('InvalidParameter', 400, 'Decrypt', wrong);
    await scene.refuses('InvalidParameter', 400, 'Decrypt', { CiphertextBlob });
    scene.pemBlob = CiphertextBlob;
  }),
  step('a ciphertext moves to another key and context', 'ReEncrypt', async (scene) => {
    const moved = await scene.call('ReEncrypt', {
      CiphertextBlob: scene.pemBlob,
      SourceEncryptionContext: CONTEXT,
      DestinationKeyId: scene.otherKey,
      DestinationEncryptionContext: WRONG_CONTEXT,
    });
    const CiphertextBlob = moved.text('CiphertextBlob');
    const opened = await scene.call('Decrypt', { CiphertextBlob, EncryptionContext: WRONG_CONTEXT });
    assert.equal(opened.text('Plaintext'), scene.pem);
    assert.equal(opened.text('KeyId'), scene.otherKey);
  }),
  step('the version of a key is found', 'ListKeyVersions DescribeKeyVersion', async (scene) => {
    const listed = await scene.call('ListKeyVersions', { KeyId: scene.key, ...ALL });
    const [KeyVersionId, ...more] = listed.list('KeyVersions.KeyVersion', 'KeyVersionId');
    assert.deepEqual(more, []);
    const version = await scene.call('DescribeKeyVersion', { KeyId: scene.key, KeyVersionId });
    assert.equal(version.text('KeyVersion.KeyVersionId'), KeyVersionId);
  }),
  step('a key carries tags', 'TagResource ListResourceTags UntagResource', async (scene) => {
    const KeyId = scene.otherKey;
    const tags = [
      { TagKey: 'Project', TagValue: 'Apollo' },
      { TagKey: 'Cost/Centre', TagValue: 'a+b=c:d@e' },
    ];
    await scene.call('TagResource', { KeyId, Tags: JSON.stringify(tags) });
    const listed = (await scene.call('ListResourceTags', { KeyId })).list('Tags.Tag', 'TagValue');
    assert.deepEqual(listed.sort(), ['Apollo', 'a+b=c:d@e']);
    await scene.call('UntagResource', { KeyId, TagKeys: JSON.stringify(tags.map((tag) => tag.TagKey)) });
    assert.deepEqual((await scene.call('ListResourceTags', { KeyId })).list('Tags.Tag', 'TagKey'), []);
  }),
  step('several keys carry tags', 'TagResources ListTagResources UntagResources', async (scene) => {
    const keys = { RegionId: REGION, ResourceType: 'key', ResourceId: [scene.key, scene.otherKey] };
    const Tag = Array.from({ length: 11 }, (_, index) => ({
      Key: `k${index}`,
      Value: `v ${index}`.replace(' ', '/'),
    }));
    await scene.call('TagResources', { ...keys, Tag });
    const listed = await scene.call('ListTagResources', keys);
    const values = listed.list('TagResources.TagResource', 'TagValue');
    assert.deepEqual(values.sort(), Tag.flatMap((tag) => [tag.Value, tag.Value]).sort());
    await scene.call('UntagResources', { ...keys, TagKey: Tag.map((tag) => tag.Key) });
    const left = (await scene.call('ListTagResources', keys)).list('TagResources.TagResource', 'TagKey');
    assert.deepEqual(left, []);
  }),
  step('a protected key cannot be scheduled for deletion', 'SetDeletionProtection', async (scene) => {
    const protection = (EnableDeletionProtection: boolean) =>
      scene.call('SetDeletionProtection', { ProtectedResourceArn: scene.arn, EnableDeletionProtection });
    await protection(true);
    const deletion = { KeyId: scene.key, PendingWindowInDays: 7 };
    await scene.refuses('Rejected.StateModifiedFailed', 409, 'ScheduleKeyDeletion', deletion);
    await protection(false);
  }),
  step('a disabled key is refused until it is enabled', 'DisableKey EnableKey Encrypt', async (scene) => {
    await scene.call('DisableKey', { KeyId: scene.key });
    assert.equal(await scene.keyState(), 'Disabled');
    const asked = { KeyId: scene.alias, Plaintext: 'SGVsbG8gd29ybGQ=' };
    await scene.refuses('Rejected.Disabled', 409, 'Encrypt', asked);
    await scene.call('EnableKey', { KeyId: scene.key });
    assert.equal(await scene.keyState(), 'Enabled');
    await scene.call('Encrypt', asked);
  }),
  step('a deletion is scheduled and called off', 'ScheduleKeyDeletion CancelKeyDeletion', async (scene) => {
    await scene.call('ScheduleKeyDeletion', { KeyId: scene.key, PendingWindowInDays: 7 });
    const pending = await scene.call('DescribeKey', { KeyId: scene.key });
    assert.equal(pending.text('KeyMetadata.KeyState'), 'PendingDeletion');
    const days = (Date.parse(pending.text('KeyMetadata.DeleteDate')) - Date.now()) / 86_400_000;
    assert.equal(Math.round(days), 7, 'days until DeleteDate');
    await scene.call('CancelKeyDeletion', { KeyId: scene.key });
    const after = await scene.call('DescribeKey', { KeyId: scene.key });
    assert.equal(after.text('KeyMetadata.KeyState'), 'Enabled');
    assert.equal(after.text('KeyMetadata.DeleteDate'), '');
  }),
  step('an alias is pointed elsewhere, then removed', 'UpdateAlias DeleteAlias', async (scene) => {
    await scene.call('UpdateAlias', { KeyId: scene.otherKey, AliasName: scene.alias });
    const asked = { KeyId: scene.alias, Plaintext: 'SGVsbG8gd29ybGQ=' };
    assert.equal((await scene.call('Encrypt', asked)).text('KeyId'), scene.otherKey);
    await scene.call('DeleteAlias', { AliasName: scene.alias });
    await scene.refuses('Forbidden.AliasNotFound', 404, 'Encrypt', asked);
  }),
];
