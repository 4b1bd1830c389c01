import type { Handler } from '../handler.ts';
import { createTrail } from './create-trail.ts';
import { deleteTrail } from './delete-trail.ts';
import { describeTrails } from './describe-trails.ts';
import { getTrailStatus } from './get-trail-status.ts';
import { lookupEvents } from './lookup-events.ts';
import { startLogging } from './start-logging.ts';
import { stopLogging } from './stop-logging.ts';
import { updateTrail } from './update-trail.ts';

/** Every operation of ActionTrail that is served. */
export const ACTIONTRAIL_HANDLERS: readonly Handler[] = [
  lookupEvents,
  createTrail,
  deleteTrail,
  describeTrails,
  getTrailStatus,
  startLogging,
  stopLogging,
  updateTrail,
];
