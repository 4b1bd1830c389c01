import { ApiError } from '@keyhold/api/errors.ts';
import { UpdateAlias } from '@keyhold/api/kms/aliases.ts';
import { handler } from '../handler.ts';

export const updateAlias = handler(UpdateAlias, async (kms, { key, params, home }) => {
  const outcome = await kms.store.aliases.retarget(home, params.AliasName, key('KeyId').keyId);
  if (outcome === 'missing') throw new ApiError('Forbidden.AliasNotFound');
  return {};
});
