import { ApiError } from '@keyhold/api/errors.ts';
import type { Kms } from '../../kms.ts';
import type { Directory } from '../../ram/directory.ts';
import type { OidcProvider } from '../../ram/records.ts';
import { shownProvider } from './shown-provider.ts';

export function requireProvider(directory: Directory, name: string): OidcProvider {
  const provider = directory.oidcProvider(name);
  if (provider === undefined) throw new ApiError('EntityNotExist.OIDCProvider', { name });
  return provider;
}

interface Call {
  readonly params: { readonly OIDCProviderName: string };
  readonly home: { readonly accountId: string };
  readonly now: number;
}

/** What `change` leaves out stays. Answers the provider as it then is. */
export async function changeProvider(
  kms: Kms,
  { params, home, now }: Call,
  change: (provider: OidcProvider) => Partial<Pick<OidcProvider, 'clientIds' | 'description'>>,
) {
  return kms.ram.change(home.accountId, (directory) => {
    const provider = requireProvider(directory, params.OIDCProviderName);
    const changed = { ...provider, ...change(provider), updatedAt: now };
    return {
      result: { OIDCProvider: shownProvider(home.accountId, changed) },
      put: [['oidc-provider', changed]],
    };
  });
}
