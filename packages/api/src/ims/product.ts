import type { Operation } from '../operation.ts';
import type { Product } from '../product.ts';
import * as oidcProviders from './oidc-providers.ts';

/** Every operation served, under its wire name. */
export const imsOperations = {
  AddClientIdToOIDCProvider: oidcProviders.AddClientIdToOIDCProvider,
  CreateOIDCProvider: oidcProviders.CreateOIDCProvider,
  DeleteOIDCProvider: oidcProviders.DeleteOIDCProvider,
  GetOIDCProvider: oidcProviders.GetOIDCProvider,
  ListOIDCProviders: oidcProviders.ListOIDCProviders,
  RemoveClientIdFromOIDCProvider: oidcProviders.RemoveClientIdFromOIDCProvider,
  UpdateOIDCProvider: oidcProviders.UpdateOIDCProvider,
} as const;

export const IMS: Product = {
  name: 'Ims',
  version: '2019-08-15',
  operations: new Map<string, Operation>(Object.entries(imsOperations)),
  /** Other identity providers, and what pins an issuer's certificate. Users and groups are served as RAM. */
  unsupported: new Set([
    'AddFingerprintToOIDCProvider',
    'CreateSAMLProvider',
    'DeleteSAMLProvider',
    'GetSAMLProvider',
    'ListSAMLProviders',
    'RemoveFingerprintFromOIDCProvider',
    'UpdateSAMLProvider',
  ]),
};
