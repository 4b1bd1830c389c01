import { ListOIDCProviders } from '@keyhold/api/ims/oidc-providers.ts';
import { foldAscii } from '../../access/policy/fold.ts';
import { handler } from '../handler.ts';
import { pageOf } from '../ram/paging.ts';
import { shownProvider } from './shown-provider.ts';

/** In the order of their names. */
export const listOIDCProviders = handler(ListOIDCProviders, async (kms, { params, home }) => {
  const { oidcProviders } = await kms.ram.get(home.accountId);
  const { page, truncation } = pageOf(oidcProviders, ({ providerName }) => foldAscii(providerName), params);
  const OIDCProvider = page.map((provider) => shownProvider(home.accountId, provider));
  return { OIDCProviders: { OIDCProvider }, ...truncation };
});
