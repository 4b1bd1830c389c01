import { ApiError } from '@keyhold/api/errors.ts';
import { DescribeKeyVersion } from '@keyhold/api/kms/versions.ts';
import { handler } from '../handler.ts';
import { shownVersion } from './shown-version.ts';

export const describeKeyVersion = handler(DescribeKeyVersion, async (kms, { key, params }) => {
  const version = await kms.store.keys.findVersion(key('KeyId').keyId, params.KeyVersionId);
  if (!version) throw new ApiError('Forbidden.KeyVersionNotFound');
  return { KeyVersion: shownVersion(version) };
});
