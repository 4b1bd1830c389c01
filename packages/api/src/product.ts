import type { Operation } from './operation.ts';

/** Version alone tells the products apart: their versions are disjoint. */
export interface Product {
  readonly name: 'Kms' | 'Ram' | 'Sts' | 'Actiontrail' | 'Ims';
  readonly version: string;
  readonly operations: ReadonlyMap<string, Operation>;
  /** Actions of the vendor's product that exist but are not served here. */
  readonly unsupported: ReadonlySet<string>;
}
