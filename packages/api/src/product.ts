import type * as z from 'zod';
import type { Operation } from './operation.ts';
import type { ResourceRule } from './resource-rule.ts';

/** Version alone tells the products apart: their versions are disjoint. */
export interface Product<Rule = ResourceRule> {
  readonly name: 'Kms' | 'Ram' | 'Sts' | 'Actiontrail';
  readonly version: string;
  readonly operations: ReadonlyMap<string, Operation<string, z.ZodObject, z.ZodObject, Rule>>;
  /** Actions of the vendor's product that exist but are not served here. */
  readonly unsupported: ReadonlySet<string>;
}
