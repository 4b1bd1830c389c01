import type { Handler } from '../handler.ts';
import { lookupEvents } from './lookup-events.ts';

/** Every operation of ActionTrail that is served. */
export const ACTIONTRAIL_HANDLERS: readonly Handler[] = [lookupEvents];
