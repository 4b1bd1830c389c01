import { ApiError } from '@keyhold/api/errors.ts';
import { ScheduleKeyDeletion } from '@keyhold/api/kms/keys.ts';
import { handler } from '../handler.ts';
import { changeKey } from './change-key.ts';

const DAY_MS = 86_400_000;
/** The console's default (KMS semantics 15). */
const DEFAULT_DAYS = 30;

export const scheduleKeyDeletion = handler(ScheduleKeyDeletion, (kms, call) => {
  const key = call.key('KeyId');
  if (key.deletionProtection) {
    throw new ApiError('Rejected.StateModifiedFailed', { reason: 'deletion protection is on' });
  }
  const days = call.params.PendingWindowInDays ?? DEFAULT_DAYS;
  return changeKey(kms, key, { state: 'PendingDeletion', deleteAt: call.now + days * DAY_MS });
});
