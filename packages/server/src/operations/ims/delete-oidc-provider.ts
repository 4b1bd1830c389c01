import { DeleteOIDCProvider } from '@keyhold/api/ims/oidc-providers.ts';
import { handler } from '../handler.ts';
import { requireProvider } from './change-provider.ts';

export const deleteOIDCProvider = handler(DeleteOIDCProvider, (kms, { params, home }) =>
  kms.ram.change(home.accountId, (directory) => {
    const provider = requireProvider(directory, params.OIDCProviderName);
    return { result: {}, remove: [['oidc-provider', provider]] };
  }),
);
