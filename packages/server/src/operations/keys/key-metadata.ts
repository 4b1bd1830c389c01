import { keyArn } from '@keyhold/api/arn.ts';
import type { KeyMetadata } from '@keyhold/api/kms/key-metadata.ts';
import type { Key } from '../../keys/key.ts';
import { dateText } from '../date-text.ts';

/** The key as CreateKey answers it (KMS semantics 6). */
export function keyMetadata(key: Key): KeyMetadata {
  return {
    KeyId: key.keyId,
    Arn: keyArn(key.region, key.accountId, key.keyId),
    Creator: key.creator,
    CreationDate: dateText(key.createdAt),
    Description: key.description,
    KeyState: key.state,
    KeyUsage: key.keyUsage,
    KeySpec: key.keySpec,
    Origin: key.origin,
    ProtectionLevel: key.protectionLevel,
    DeleteDate: dateText(key.deleteAt),
    MaterialExpireTime: dateText(key.primaryVersionId === null ? null : key.materialExpiresAt),
    ...rotation(key),
    ...(key.primaryVersionId !== null && { PrimaryKeyVersion: key.primaryVersionId }),
    ...(key.lastRotationAt !== null && { LastRotationDate: dateText(key.lastRotationAt) }),
  };
}

/** The policy rests while the key is not Enabled. */
function rotation(
  key: Key,
): Pick<KeyMetadata, 'AutomaticRotation' | 'RotationInterval' | 'NextRotationDate'> {
  if (key.rotationInterval === null) return { AutomaticRotation: 'Disabled' };
  return {
    AutomaticRotation: key.state === 'Enabled' ? 'Enabled' : 'Suspended',
    RotationInterval: `${key.rotationInterval}s`,
    NextRotationDate: dateText(key.nextRotationAt),
  };
}
