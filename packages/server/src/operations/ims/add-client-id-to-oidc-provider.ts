import { ApiError } from '@keyhold/api/errors.ts';
import { AddClientIdToOIDCProvider, MAX_CLIENT_IDS } from '@keyhold/api/ims/oidc-providers.ts';
import { handler } from '../handler.ts';
import { changeProvider } from './change-provider.ts';

export const addClientIdToOIDCProvider = handler(AddClientIdToOIDCProvider, (kms, call) =>
  changeProvider(kms, call, (provider) => {
    const clientIds = [...new Set([...provider.clientIds, call.params.ClientId])];
    if (clientIds.length > MAX_CLIENT_IDS) {
      throw new ApiError('LimitExceeded.OIDCProvider.ClientId', { limit: MAX_CLIENT_IDS });
    }
    return { clientIds };
  }),
);
