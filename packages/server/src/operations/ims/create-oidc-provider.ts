import { ApiError } from '@keyhold/api/errors.ts';
import { CreateOIDCProvider } from '@keyhold/api/ims/oidc-providers.ts';
import type { Directory } from '../../ram/directory.ts';
import { requireRoom } from '../../ram/require.ts';
import { handler } from '../handler.ts';
import { shownProvider } from './shown-provider.ts';

/** Per account (CreateOIDCProvider). */
const MAX_PROVIDERS = 100;

export const createOIDCProvider = handler(CreateOIDCProvider, (kms, { params, home, now }) => {
  const provider = {
    providerName: params.OIDCProviderName,
    issuerUrl: params.IssuerUrl,
    clientIds: params.ClientIds ?? [],
    description: params.Description ?? '',
    createdAt: now,
    updatedAt: now,
  };
  return kms.ram.change(home.accountId, (directory) => {
    requireUnique(directory, provider);
    requireRoom('LimitExceeded.OIDCProvider', directory.oidcProviders.length, MAX_PROVIDERS);
    return {
      result: { OIDCProvider: shownProvider(home.accountId, provider) },
      put: [['oidc-provider', provider]],
    };
  });
});

/** Name and issuer are both unique in the account. */
function requireUnique(
  directory: Directory,
  { providerName, issuerUrl }: Readonly<Record<'providerName' | 'issuerUrl', string>>,
): void {
  if (directory.oidcProvider(providerName)) {
    throw new ApiError('EntityAlreadyExists.OIDCProvider', { name: providerName });
  }
  const same = directory.oidcProviders.find((other) => other.issuerUrl === issuerUrl);
  if (same) throw new ApiError('EntityAlreadyExists.OIDCProvider.Url', { name: same.providerName });
}
