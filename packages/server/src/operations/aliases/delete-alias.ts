import { ApiError } from '@keyhold/api/errors.ts';
import { DeleteAlias } from '@keyhold/api/kms/aliases.ts';
import { handler } from '../handler.ts';

export const deleteAlias = handler(DeleteAlias, async (kms, { params, home }) => {
  const outcome = await kms.store.aliases.delete(home, params.AliasName);
  if (outcome === 'missing') throw new ApiError('Forbidden.AliasNotFound');
  return {};
});
