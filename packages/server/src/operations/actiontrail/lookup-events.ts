import { LookupEvents } from '@keyhold/api/actiontrail/lookup.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import type { RequestOf } from '@keyhold/api/operation.ts';
import { CLOCK_WINDOW_MS } from '../../access/clock-window.ts';
import { eventOf } from '../../trail/event.ts';
import type { Page } from '../../trail/lookup/page-tokens.ts';
import type { Filter } from '../../trail/lookup/query.ts';
import { dateText } from '../date-text.ts';
import { handler } from '../handler.ts';

const DEFAULT_RESULTS = 20;
const DEFAULT_DAYS = 7;
const DAY_MS = 86_400_000;
/** The others are ignored, as the vendor does (ActionTrail 6). */
const MOST_FILTERS = 2;

type Request = RequestOf<typeof LookupEvents>;

export const lookupEvents = handler(LookupEvents, async ({ lookup, regions }, { params, home, now }) => {
  const { Direction: direction = 'BACKWARD', MaxResults: limit = DEFAULT_RESULTS, NextToken } = params;
  const filters = filtersOf(params);
  const asked = [
    home.accountId,
    home.region,
    direction,
    params.StartTime ?? '',
    params.EndTime ?? '',
    ...filters.flatMap(({ key, value }) => [key, value]),
  ];
  const page = NextToken === undefined ? undefined : lookup.tokens.open(asked, NextToken);
  if (NextToken !== undefined && !page)
    throw new ApiError('InvalidQueryParameter', { parameter: 'NextToken' });

  const { from, to } = page ?? rangeOf(params, now, lookup.days);
  const { entries, next } = await lookup.find({
    accountId: home.accountId,
    region: home.region,
    home: home.region === regions[0],
    filters,
    from,
    to,
    direction,
    limit,
    after: page?.after,
    now,
  });
  return {
    StartTime: dateText(from * 1000),
    EndTime: dateText(to * 1000),
    Events: entries.map((entry) => ({ ...eventOf(entry, home.accountId) })),
    NextToken: next ? lookup.tokens.seal(asked, { after: next, from, to }) : '',
  };
});

/** Of two with the same key the second counts (ActionTrail 6). */
function filtersOf({ LookupAttribute = [] }: Request): readonly Filter[] {
  const byKey = new Map(LookupAttribute.slice(0, MOST_FILTERS).map(({ Key, Value }) => [Key, Value]));
  return [...byKey].map(([key, value]) => ({ key, value }));
}

/** In seconds. Clocks may differ by as much as a signature allows; what has not happened yet is cut off. */
function rangeOf({ StartTime, EndTime }: Request, now: number, days: number): Omit<Page, 'after'> {
  if (StartTime === undefined || EndTime === undefined) {
    return inSeconds(now - Math.min(days, DEFAULT_DAYS) * DAY_MS, now);
  }
  const start = Date.parse(StartTime);
  if (start < now - days * DAY_MS - CLOCK_WINDOW_MS || start > now + CLOCK_WINDOW_MS) {
    throw new ApiError('InvalidParameterStartTime', { parameter: 'StartTime' });
  }
  return inSeconds(start, Math.max(start, Math.min(Date.parse(EndTime), now)));
}

const inSeconds = (from: number, to: number) => ({
  from: Math.max(0, Math.floor(from / 1000)),
  to: Math.floor(to / 1000),
});
