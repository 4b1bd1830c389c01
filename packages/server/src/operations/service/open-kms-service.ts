import { ApiError } from '@keyhold/api/errors.ts';
import { OpenKmsService } from '@keyhold/api/kms/service.ts';
import { handler } from '../handler.ts';

/** Always open already; clients take the code for success (KMS semantics 4.1). */
export const openKmsService = handler(OpenKmsService, () => {
  throw new ApiError('Forbidden.Opened');
});
