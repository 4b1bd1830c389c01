import type { Operation } from '../operation.ts';
import type { Product } from '../product.ts';
import * as sts from './sts.ts';

/** Every operation served, under its wire name. */
export const stsOperations = {
  AssumeRole: sts.AssumeRole,
  AssumeRoleWithOIDC: sts.AssumeRoleWithOIDC,
  GetCallerIdentity: sts.GetCallerIdentity,
} as const;

export type StsOperations = typeof stsOperations;
export type StsAction = keyof StsOperations;

export const STS: Product = {
  name: 'Sts',
  version: '2015-04-01',
  operations: new Map<string, Operation>(Object.entries(stsOperations)),
  unsupported: new Set(['AssumeRoleWithSAML']),
};
