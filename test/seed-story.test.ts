import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestServer } from './server.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB+not/base64==\nline two\r\n-----END CERTIFICATE-----\n';

/** What the vendor's sample programs do, one after the other (KMS semantics 24). */
test('the seed story', async () => {
  await using server = await startTestServer();

  const created = await server.call('CreateKey');
  assert.equal(created.status, 200);
  const { KeyId, ...metadata } = created.body.KeyMetadata;
  assert.equal(metadata.KeyState, 'Enabled');
  assert.equal(metadata.Origin, 'Aliyun_KMS');
  assert.deepEqual([metadata.Description, metadata.DeleteDate, metadata.MaterialExpireTime], ['', '', '']);

  const AliasName = 'alias/Apollo/WorkKey';
  assert.equal((await server.call('CreateAlias', { AliasName, KeyId })).status, 200);

  const dataKey = await server.call('GenerateDataKey', { KeyId: AliasName, NumberOfBytes: 32 });
  assert.equal(Buffer.from(dataKey.body.Plaintext, 'base64').length, 32);
  const opened = await server.call('Decrypt', { CiphertextBlob: `${dataKey.body.CiphertextBlob}\n` });
  assert.equal(opened.body.Plaintext, dataKey.body.Plaintext);
  assert.equal(opened.body.KeyId, KeyId);

  const context = JSON.stringify({ app: 'billing', tenant: '42' });
  const sealed = await server.call('Encrypt', {
    KeyId: AliasName,
    Plaintext: PEM,
    EncryptionContext: context,
  });
  const reordered = JSON.stringify({ tenant: '42', app: 'billing' });
  const { CiphertextBlob } = sealed.body;
  const again = await server.call('Decrypt', { CiphertextBlob, EncryptionContext: reordered });
  assert.equal(again.body.Plaintext, PEM);
  const wrong = await server.call('Decrypt', { CiphertextBlob, EncryptionContext: '{"tenant":"43"}' });
  assert.equal(wrong.status, 400);
  assert.equal(wrong.body.Code, 'InvalidParameter');

  assert.equal((await server.call('DisableKey', { KeyId })).status, 200);
  const refused = await server.call('Decrypt', { CiphertextBlob, EncryptionContext: context });
  assert.deepEqual([refused.status, refused.body.Code], [409, 'Rejected.Disabled']);
  assert.equal((await server.call('EnableKey', { KeyId })).status, 200);

  assert.equal((await server.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })).status, 200);
  const pending = await server.call('DescribeKey', { KeyId });
  assert.equal(pending.body.KeyMetadata.KeyState, 'PendingDeletion');
  assert.match(pending.body.KeyMetadata.DeleteDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal((await server.call('CancelKeyDeletion', { KeyId })).status, 200);

  const Tags = JSON.stringify([{ TagKey: 'Project', TagValue: 'Apollo' }]);
  assert.equal((await server.call('TagResource', { KeyId, Tags })).status, 200);
  const tags = await server.call('ListResourceTags', { KeyId });
  assert.deepEqual(tags.body.Tags.Tag, [{ KeyId, TagKey: 'Project', TagValue: 'Apollo' }]);
  assert.equal((await server.call('UntagResource', { KeyId, TagKeys: '["Project"]' })).status, 200);

  const keys = await server.call('ListKeys');
  assert.deepEqual([keys.body.TotalCount, keys.body.Keys.Key[0].KeyId], [1, KeyId]);
  const aliases = await server.call('ListAliases');
  assert.deepEqual(aliases.body.Aliases.Alias[0].AliasName, AliasName);

  await server.restart();
  const later = await server.call('Decrypt', { CiphertextBlob, EncryptionContext: context });
  assert.equal(later.body.Plaintext, PEM);
});
