import { StopLogging } from '@keyhold/api/actiontrail/trails.ts';
import { handler } from '../handler.ts';
import { isLogging } from './shown-trail.ts';
import { changeTrail } from './trail-changes.ts';

/** What was recorded so far is still delivered, and then this call as the last. */
export const stopLogging = handler(StopLogging, async (kms, { params, home, now, requestId }) => {
  await changeTrail(kms, home, params.Name, (trail) => {
    const run = trail.runs.at(-1);
    if (!run || !isLogging(trail)) return trail;
    const end = { seq: kms.delivery.end().seq, requestId };
    return { ...trail, runs: [...trail.runs.slice(0, -1), { ...run, end }], stoppedAt: now, updatedAt: now };
  });
  return {};
});
