import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyMetadata } from '@keyhold/api/kms/key-metadata.ts';
import { sampleKey } from '../../store/conformance/samples.ts';
import { dateText } from '../date-text.ts';
import { keyMetadata } from './key-metadata.ts';

test('dates are UTC in whole seconds, and empty where there is none', () => {
  assert.equal(dateText(1_700_000_000_999), '2023-11-14T22:13:20Z');
  assert.equal(dateText(0), '1970-01-01T00:00:00Z');
  assert.equal(dateText(null), '');
});

test('metadata says of a key what the document asks, and nothing else', () => {
  const plain = keyMetadata(sampleKey({ keyId: 'k' }));
  assert.deepEqual(plain, {
    KeyId: 'k',
    Arn: 'acs:kms:cn-hangzhou:1000000000000001:key/k',
    Creator: '1000000000000001',
    CreationDate: '2023-11-14T22:13:20Z',
    Description: '',
    KeyState: 'Enabled',
    KeyUsage: 'ENCRYPT/DECRYPT',
    KeySpec: 'Aliyun_AES_256',
    Origin: 'Aliyun_KMS',
    ProtectionLevel: 'SOFTWARE',
    DeleteDate: '',
    MaterialExpireTime: '',
    AutomaticRotation: 'Disabled',
  });
  const full = keyMetadata(
    sampleKey({ primaryVersionId: 'v', lastRotationAt: 0, deleteAt: 1000, materialExpiresAt: 2000 }),
  );
  assert.deepEqual(
    [full.PrimaryKeyVersion, full.LastRotationDate, full.DeleteDate, full.MaterialExpireTime],
    ['v', '1970-01-01T00:00:00Z', '1970-01-01T00:00:01Z', '1970-01-01T00:00:02Z'],
  );
  for (const metadata of [plain, full]) KeyMetadata.strict().parse(metadata);
});

test('a rotation policy is shown with its next date, suspended in every state but Enabled', () => {
  const policy = { rotationInterval: 604_800, nextRotationAt: 604_800_000 };
  for (const state of ['Enabled', 'Disabled', 'PendingDeletion'] as const) {
    const metadata = keyMetadata(sampleKey({ ...policy, state }));
    KeyMetadata.strict().parse(metadata);
    assert.deepEqual(
      [metadata.AutomaticRotation, metadata.RotationInterval, metadata.NextRotationDate],
      [state === 'Enabled' ? 'Enabled' : 'Suspended', '604800s', '1970-01-08T00:00:00Z'],
    );
  }
});

test('material that is gone expires no more', () => {
  const bare = keyMetadata(sampleKey({ origin: 'EXTERNAL', materialExpiresAt: 5, primaryVersionId: null }));
  assert.equal(bare.MaterialExpireTime, '');
});
