import { GetTrailStatus } from '@keyhold/api/actiontrail/trails.ts';
import type { DeliveryError } from '../../delivery/delivery.ts';
import { dateText } from '../date-text.ts';
import { handler } from '../handler.ts';
import { isLogging } from './shown-trail.ts';
import { requireTrail } from './trail-changes.ts';

/** What callers are told: which place a bucket stands for is the operator's business. */
const ERRORS: Readonly<Record<DeliveryError, string>> = {
  missing: 'The bucket does not exist.',
  denied: 'The bucket refuses to be written to.',
  full: 'The bucket is full.',
  away: 'The bucket does not answer.',
  internal: 'The delivery failed inside the server.',
};

export const getTrailStatus = handler(GetTrailStatus, async (kms, { params, home }) => {
  const trail = requireTrail(await kms.ram.get(home.accountId), home, params.Name);
  const { deliveredAt, error } = kms.delivery.status(home.accountId, trail);
  return {
    IsLogging: isLogging(trail),
    StartLoggingTime: dateText(trail.startedAt),
    StopLoggingTime: dateText(trail.stoppedAt),
    LatestDeliveryTime: dateText(deliveredAt),
    LatestDeliveryError: error === undefined ? '' : ERRORS[error],
    LatestDeliveryLogServiceTime: '',
    LatestDeliveryLogServiceError: '',
    OssBucketStatus: error === undefined || error === 'internal',
  };
});
