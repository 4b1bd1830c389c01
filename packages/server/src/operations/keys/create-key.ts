import { randomUUID } from 'node:crypto';
import { ApiError } from '@keyhold/api/errors.ts';
import { CreateKey } from '@keyhold/api/kms/keys.ts';
import { nextRotation } from '../../keys/add-version.ts';
import type { Key } from '../../keys/key.ts';
import { DEFAULT_KEY_SPEC, KEY_SPECS } from '../../keys/key-specs.ts';
import type { Kms } from '../../kms.ts';
import { type CallOf, handler } from '../handler.ts';
import { keyMetadata } from './key-metadata.ts';

export const createKey = handler(CreateKey, async (kms, call) => {
  refuseWhatIsNotOffered(kms, call);
  const key = newKey(call);
  const { primaryVersionId } = key;
  const version = primaryVersionId === null ? null : await kms.keyring.newVersion(key, primaryVersionId);
  const tags = (call.params.Tags ?? []).map(({ TagKey, TagValue }) => ({
    tagKey: TagKey,
    tagValue: TagValue,
  }));
  const outcome = await kms.store.keys.create(key, version, tags, kms.quotas.keys);
  if (outcome === 'quota') {
    if (version !== null) await kms.keyring.discard(key, version);
    throw new ApiError('Rejected.LimitExceeded', { limit: kms.quotas.keys, what: 'keys' });
  }
  return { KeyMetadata: keyMetadata(key) };
});

/** An imported key waits for its material; any other is usable at once. */
function newKey({ params, home, caller, now }: CallOf<typeof CreateKey>): Key {
  const external = params.Origin === 'EXTERNAL';
  const rotationInterval = params.EnableAutomaticRotation ? (params.RotationInterval ?? null) : null;
  return {
    ...home,
    keyId: randomUUID(),
    revision: 1,
    state: external ? 'PendingImport' : 'Enabled',
    description: params.Description ?? '',
    keySpec: params.KeySpec ?? DEFAULT_KEY_SPEC,
    keyUsage: params.KeyUsage ?? 'ENCRYPT/DECRYPT',
    origin: params.Origin ?? 'Aliyun_KMS',
    protectionLevel: params.ProtectionLevel ?? 'SOFTWARE',
    creator: caller.accountId,
    createdAt: now,
    deleteAt: null,
    materialExpiresAt: null,
    primaryVersionId: external ? null : randomUUID(),
    lastRotationAt: external ? null : now,
    rotationInterval,
    nextRotationAt: nextRotation(now, rotationInterval),
    deletionProtection: false,
    deletionProtectionDescription: '',
  };
}

function refuseWhatIsNotOffered(kms: Kms, { params, home }: CallOf<typeof CreateKey>): void {
  const { KeySpec = DEFAULT_KEY_SPEC, KeyUsage = 'ENCRYPT/DECRYPT', ProtectionLevel = 'SOFTWARE' } = params;
  const specs = kms.keyring.specsAt(ProtectionLevel, home.region);
  if (specs === undefined) {
    throw new ApiError('Unsupported.ProtectionLevel', { protectionLevel: ProtectionLevel });
  }
  const spec = KEY_SPECS.get(KeySpec);
  if (!spec || !specs.has(KeySpec)) {
    const reason = `the KeySpec ${KeySpec} is not offered with ProtectionLevel ${ProtectionLevel}`;
    throw new ApiError('UnsupportedOperation', { reason });
  }
  if (!spec.usages.includes(KeyUsage)) {
    throw new ApiError('UnsupportedOperation', { reason: `a key of ${KeySpec} cannot ${KeyUsage}` });
  }
  if (params.EnableAutomaticRotation === true && params.Origin === 'EXTERNAL') {
    throw new ApiError('UnsupportedOperation', { reason: 'imported material is not rotated' });
  }
}
