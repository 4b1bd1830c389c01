import { ApiError } from '@keyhold/api/errors.ts';
import { CreateAlias } from '@keyhold/api/kms/aliases.ts';
import { handler } from '../handler.ts';

export const createAlias = handler(CreateAlias, async (kms, { key, params, home, now }) => {
  const alias = { ...home, aliasName: params.AliasName, keyId: key('KeyId').keyId, createdAt: now };
  const outcome = await kms.store.aliases.create(alias, kms.quotas.aliases);
  if (outcome === 'exists') throw new ApiError('AliasAlreadyExists', { alias: params.AliasName });
  if (outcome === 'quota') {
    throw new ApiError('Rejected.LimitExceeded', { limit: kms.quotas.aliases, what: 'aliases' });
  }
  return {};
});
