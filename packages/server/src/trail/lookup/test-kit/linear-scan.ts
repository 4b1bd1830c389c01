import type { Entry } from '../../entry.ts';
import { eventOf, type TrailEvent } from '../../event.ts';
import type { LookupKey, LookupQuery } from '../query.ts';

/** What each key means, read off the finished event. */
const MEANING: Readonly<Record<LookupKey, (event: TrailEvent) => readonly (string | undefined)[]>> = {
  ServiceName: (event) => [event.serviceName],
  EventName: (event) => [event.eventName],
  User: (event) => [event.userIdentity.userName],
  EventId: (event) => [event.eventId],
  ResourceType: (event) => Object.keys(event.referencedResources ?? {}),
  ResourceName: (event) => Object.values(event.referencedResources ?? {}).flat(),
  EventRW: (event) => [event.eventRW],
  EventAccessKeyId: (event) => [event.userIdentity.accessKeyId],
  SensitiveAction: (event) => [String(event.eventAttributes?.SensitiveAction ?? false)],
  SourceIpAddress: (event) => [event.sourceIpAddress],
  EventType: (event) => [event.eventType],
  RoleName: ({ userIdentity: { type, userName } }) =>
    type === 'assumed-role' ? [userName?.split(':')[0]] : [],
  PrincipalId: (event) => [event.userIdentity.principalId],
};

export const valuesOf = (entry: Entry, key: LookupKey): readonly (string | undefined)[] =>
  MEANING[key](eventOf(entry));

/** All there is to be found, by looking at every entry there is: slow, and simple enough to be believed. */
export function linearScan(entries: readonly Entry[], query: LookupQuery): Entry[] {
  const found = entries.filter((entry, i) => {
    return isEvent(entries, i, query.now) && isFiledIn(entry, query) && isAsked(eventOf(entry), query);
  });
  return query.direction === 'BACKWARD' ? found.reverse() : found;
}

function isEvent(entries: readonly Entry[], at: number, now: number): boolean {
  const entry = entries[at];
  if (entry?.kind !== 'intent') return true;
  const answered = entries.some(
    ({ kind, requestId }, i) => i > at && kind !== 'intent' && requestId === entry.requestId,
  );
  return !answered && entry.time < now - 60_000;
}

function isFiledIn(entry: Entry, { accountId, region, home }: LookupQuery): boolean {
  const owners = entry.resources.map((arn) => arn.split(':')[3]);
  const shared = entry.kind === 'call' && entry.errorCode === undefined && owners.includes(accountId);
  if (entry.caller.accountId !== accountId && !shared) return false;
  return eventOf(entry).isGlobal || entry.region === '' ? home : entry.region === region;
}

function isAsked(event: TrailEvent, { filters, from, to }: LookupQuery): boolean {
  const second = Date.parse(event.eventTime) / 1000;
  if (second < from || second > to) return false;
  return filters.every(({ key, value }) => MEANING[key](event).includes(value));
}
