import { ApiError } from '@keyhold/api/errors.ts';
import { DescribeKeyVersion } from '@keyhold/api/kms/versions.ts';
import { dateText } from '../date-text.ts';
import { handler } from '../handler.ts';
import { shownVersion } from './shown-version.ts';

export const describeKeyVersion = handler(DescribeKeyVersion, async (kms, { key, params }) => {
  const { keyId } = key('KeyId');
  const version = await kms.store.keys.findVersion(keyId, params.KeyVersionId);
  if (!version) throw new ApiError('Forbidden.KeyVersionNotFound');
  const usedAt = await kms.versionUses.lastUse(keyId, version.keyVersionId);
  return {
    KeyVersion: { ...shownVersion(version), ...(usedAt !== null && { LastUsedDate: dateText(usedAt) }) },
  };
});
