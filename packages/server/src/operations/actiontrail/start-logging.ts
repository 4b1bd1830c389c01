import { StartLogging } from '@keyhold/api/actiontrail/trails.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import type { TrailStatus } from '../../delivery/delivery.ts';
import type { TrailRecord, TrailRun } from '../../ram/records.ts';
import { handler } from '../handler.ts';
import { isLogging } from './shown-trail.ts';
import { changeTrail } from './trail-changes.ts';

/** How often a trail can be stopped and started while its bucket takes nothing. */
const MOST_RUNS = 100;

/** Delivered is what is recorded from now on: this very call is the first. */
export const startLogging = handler(StartLogging, async (kms, { params, home, now }) => {
  await changeTrail(kms, home, params.Name, (trail) => {
    if (isLogging(trail)) return trail;
    const { seq: after, segment } = kms.delivery.end();
    const runs = undelivered(trail, kms.delivery.status(home.accountId, trail));
    if (runs.length >= MOST_RUNS) {
      throw new ApiError('ServiceUnavailableTemporary', {
        reason: `the trail ${trail.trailName} has not delivered yet what it has from before`,
      });
    }
    return { ...trail, runs: [...runs, { after, segment, end: null }], startedAt: now, updatedAt: now };
  });
  return {};
});

/** Runs of which something is left to deliver. */
const undelivered = ({ runs }: TrailRecord, { deliveredTo, isFinished }: TrailStatus): readonly TrailRun[] =>
  runs.filter((_, i) => {
    const next = runs[i + 1];
    return next ? deliveredTo < next.after : !isFinished;
  });
