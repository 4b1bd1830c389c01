import type { Handler } from '../handler.ts';
import { addClientIdToOIDCProvider } from './add-client-id-to-oidc-provider.ts';
import { createOIDCProvider } from './create-oidc-provider.ts';
import { deleteOIDCProvider } from './delete-oidc-provider.ts';
import { getOIDCProvider } from './get-oidc-provider.ts';
import { listOIDCProviders } from './list-oidc-providers.ts';
import { removeClientIdFromOIDCProvider } from './remove-client-id-from-oidc-provider.ts';
import { updateOIDCProvider } from './update-oidc-provider.ts';

export const IMS_HANDLERS: readonly Handler[] = [
  addClientIdToOIDCProvider,
  createOIDCProvider,
  deleteOIDCProvider,
  getOIDCProvider,
  listOIDCProviders,
  removeClientIdFromOIDCProvider,
  updateOIDCProvider,
];
