import type { Entry } from '../entry.ts';
import {
  eventIdOf,
  eventRwOf,
  eventTypeOf,
  isGlobal,
  isSensitive,
  roleNameOf,
  serviceNameOf,
  userNameOf,
} from '../event.ts';
import { ownerOf, referencesOf } from '../event-resources.ts';
import type { Filter, LookupQuery } from './query.ts';

/** An account, and one of its regions or, with an empty region, what belongs to none. */
const placeName = (accountId: string, region: string): string => `${accountId} ${region}`;

/**
 * Where an event is filed: with the account that called, and with those that own what it was given (ActionTrail
 * 1). A refused call is not told to others: strangers could fill their trails.
 */
export function placesOf(entry: Entry): readonly string[] {
  const { caller, kind, errorCode, resources } = entry;
  const region = isGlobal(entry) ? '' : entry.region;
  const accounts = [caller.accountId];
  if (kind === 'call' && errorCode === undefined) {
    for (const arn of resources) {
      const owner = ownerOf(arn);
      if (owner !== undefined && !accounts.includes(owner)) accounts.push(owner);
    }
  }
  return accounts.filter((account) => account !== '').map((account) => placeName(account, region));
}

/** Where a query looks. */
export const placesIn = ({ accountId, region, home }: LookupQuery): readonly string[] =>
  home ? [placeName(accountId, region), placeName(accountId, '')] : [placeName(accountId, region)];

/** What all calls of an action by one caller from one place have in common (ActionTrail 6). */
export function sharedAttributes(entry: Entry): readonly Filter[] {
  const { caller } = entry;
  const userName = userNameOf(caller);
  const role = roleNameOf(caller);
  const found: Filter[] = [
    { key: 'ServiceName', value: serviceNameOf(entry) },
    { key: 'EventName', value: entry.action },
    { key: 'EventRW', value: eventRwOf(entry) },
    { key: 'EventType', value: eventTypeOf(entry) },
    { key: 'SourceIpAddress', value: entry.sourceIp },
    { key: 'SensitiveAction', value: String(isSensitive(entry)) },
  ];
  if (userName !== undefined) found.push({ key: 'User', value: userName });
  if (role !== undefined) found.push({ key: 'RoleName', value: role });
  if (caller.accessKeyId !== '') found.push({ key: 'EventAccessKeyId', value: caller.accessKeyId });
  if (caller.type !== 'service') found.push({ key: 'PrincipalId', value: caller.principalId });
  return found;
}

/** The rest: what differs from call to call. */
export function ownAttributes(entry: Entry): readonly Filter[] {
  const found: Filter[] = [{ key: 'EventId', value: eventIdOf(entry) }];
  for (const { type, name } of referencesOf(entry)) {
    found.push({ key: 'ResourceType', value: type }, { key: 'ResourceName', value: name });
  }
  return found;
}

/** Whether the entry is what was asked for: the index only proposes. */
export function matches(entry: Entry, query: LookupQuery): boolean {
  const second = Math.floor(entry.time / 1000);
  if (second < query.from || second > query.to) return false;
  const wanted = placesIn(query);
  if (!placesOf(entry).some((place) => wanted.includes(place))) return false;
  const attributes = [...sharedAttributes(entry), ...ownAttributes(entry)];
  return query.filters.every(({ key, value }) =>
    attributes.some((attribute) => attribute.key === key && attribute.value === value),
  );
}
