import { UpdateOIDCProvider } from '@keyhold/api/ims/oidc-providers.ts';
import { handler } from '../handler.ts';
import { given } from '../ram/given.ts';
import { changeProvider } from './change-provider.ts';

/** Never the issuer: roles trust the provider by its name. */
export const updateOIDCProvider = handler(UpdateOIDCProvider, (kms, call) => {
  const { ClientIds: clientIds, NewDescription: description } = call.params;
  return changeProvider(kms, call, () => given({ clientIds, description }));
});
