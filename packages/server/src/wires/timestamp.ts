import { ApiError } from '@keyhold/api/errors.ts';
import { KMS } from '@keyhold/api/kms/product.ts';

const ISO_8601_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/**
 * Milliseconds since 1970 of a request's time: `YYYY-MM-DDThh:mm:ssZ`, with or without fractions. KMS has its
 * own word for a missing one (wire protocol 5.3).
 */
export function parseTimestamp(text: string | undefined, version: string): number {
  if (!text) throw new ApiError(version === KMS.version ? 'IllegalTimestamp' : 'MissingTimestamp');
  const time = ISO_8601_UTC.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new ApiError('InvalidTimeStamp.Format');
  return time;
}
