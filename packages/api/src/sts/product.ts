import type { AccountOperation } from '../operation.ts';
import type { Product } from '../product.ts';
import type { AccountRule } from '../resource-rule.ts';
import * as sts from './sts.ts';

/** Every operation served, under its wire name. */
export const stsOperations = {
  AssumeRole: sts.AssumeRole,
  AssumeRoleWithOIDC: sts.AssumeRoleWithOIDC,
  GetCallerIdentity: sts.GetCallerIdentity,
} as const;

export type StsOperations = typeof stsOperations;
export type StsAction = keyof StsOperations;

export const STS: Product<AccountRule> = {
  name: 'Sts',
  version: '2015-04-01',
  operations: new Map<string, AccountOperation>(Object.entries(stsOperations)),
  unsupported: new Set(['AssumeRoleWithSAML']),
};
