import { ACTIONTRAIL } from './actiontrail/product.ts';
import { ApiError } from './errors.ts';
import { IMS } from './ims/product.ts';
import { KMS } from './kms/product.ts';
import type { Operation } from './operation.ts';
import type { Product } from './product.ts';
import { RAM } from './ram/product.ts';
import { STS } from './sts/product.ts';

/** Everything that is served. */
export const PRODUCTS: readonly Product[] = [KMS, RAM, STS, ACTIONTRAIL, IMS];

const byVersion: ReadonlyMap<string, Product> = new Map(
  PRODUCTS.map((product) => [product.version, product]),
);

/**
 * The operation that a request asks for; names are case-sensitive. Throws ApiError InvalidVersion,
 * InvalidAction.NotFound, or UnsupportedOperation for what the vendor has and this server has not.
 */
export function findOperation(version: string, action: string): Operation {
  const product = byVersion.get(version);
  if (!product) throw new ApiError('InvalidVersion');
  const operation = product.operations.get(action);
  if (operation) return operation;
  if (product.unsupported.has(action)) {
    throw new ApiError('UnsupportedOperation', { reason: `${action} is not served here` });
  }
  throw new ApiError('InvalidAction.NotFound', { action });
}
