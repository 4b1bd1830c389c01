import { ApiError } from './errors.ts';
import { KMS } from './kms/product.ts';
import type { Operation } from './operation.ts';
import type { Product } from './product.ts';

/** By API version. */
const products: ReadonlyMap<string, Product> = new Map([KMS].map((product) => [product.version, product]));

/**
 * The operation that a request asks for; names are case-sensitive. Throws ApiError InvalidVersion,
 * InvalidAction.NotFound, or UnsupportedOperation for what the vendor has and this server has not.
 */
export function findOperation(version: string, action: string): Operation {
  const product = products.get(version);
  if (!product) throw new ApiError('InvalidVersion');
  const operation = product.operations.get(action);
  if (operation) return operation;
  if (product.unsupported.has(action)) {
    throw new ApiError('UnsupportedOperation', { reason: `${action} is not served here` });
  }
  throw new ApiError('InvalidAction.NotFound', { action });
}
