import { UpdateRotationPolicy } from '@keyhold/api/kms/versions.ts';
import { addVersion, NO_QUOTA, nextRotation } from '../../keys/add-version.ts';
import { Conflict } from '../../store/store.ts';
import { handler } from '../handler.ts';
import { changeKey } from '../keys/change-key.ts';

/** Where the next rotation would be in the past, the key is rotated at once (KMS semantics 13). */
export const updateRotationPolicy = handler(UpdateRotationPolicy, async (kms, { key, params, now }) => {
  const cmk = key('KeyId');
  const rotationInterval = params.EnableAutomaticRotation ? (params.RotationInterval ?? null) : null;
  const nextRotationAt = nextRotation(cmk.lastRotationAt, rotationInterval);
  if (nextRotationAt === null || nextRotationAt > now) {
    return changeKey(kms, cmk, { rotationInterval, nextRotationAt });
  }
  const { outcome } = await addVersion(kms, cmk, now, NO_QUOTA, { rotationInterval });
  if (outcome !== 'replaced') throw new Conflict();
  return {};
});
