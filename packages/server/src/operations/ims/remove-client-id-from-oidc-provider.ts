import { RemoveClientIdFromOIDCProvider } from '@keyhold/api/ims/oidc-providers.ts';
import { handler } from '../handler.ts';
import { changeProvider } from './change-provider.ts';

export const removeClientIdFromOIDCProvider = handler(RemoveClientIdFromOIDCProvider, (kms, call) =>
  changeProvider(kms, call, ({ clientIds }) => ({
    clientIds: clientIds.filter((id) => id !== call.params.ClientId),
  })),
);
