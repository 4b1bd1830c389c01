import { GetOIDCProvider } from '@keyhold/api/ims/oidc-providers.ts';
import { handler } from '../handler.ts';
import { requireProvider } from './change-provider.ts';
import { shownProvider } from './shown-provider.ts';

export const getOIDCProvider = handler(GetOIDCProvider, async (kms, { params, home }) => {
  const directory = await kms.ram.get(home.accountId);
  const provider = requireProvider(directory, params.OIDCProviderName);
  return { OIDCProvider: shownProvider(home.accountId, provider) };
});
