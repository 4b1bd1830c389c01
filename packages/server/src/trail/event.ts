import { hash } from 'node:crypto';
import { PRODUCTS } from '@keyhold/api/contract.ts';
import type { Entry, EntryCaller } from './entry.ts';
import { type Reference, referencesOf } from './event-resources.ts';

/** The record of one event as the vendor's clients read it (ActionTrail 2). */
export interface TrailEvent {
  readonly eventId: string;
  readonly eventVersion: 1;
  readonly eventCategory: 'Management';
  readonly eventType: EventType;
  readonly eventRW: 'Read' | 'Write';
  readonly eventTime: string;
  readonly eventName: string;
  readonly eventSource: string;
  readonly serviceName: string;
  readonly apiVersion: string;
  readonly acsRegion: string;
  readonly isGlobal: boolean;
  readonly requestId: string;
  readonly recipientAccountId: string;
  readonly sourceIpAddress: string;
  readonly userAgent: string;
  readonly userIdentity: UserIdentity;
  /** Of a refused call. */
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly requestParameters: Readonly<Record<string, string>>;
  readonly requestParameterJson: string;
  /** Of a call that was answered with a result. */
  readonly responseElements?: Readonly<Record<string, unknown>>;
  /** Absent where the call named no resource. */
  readonly resourceType?: string;
  readonly resourceName?: string;
  readonly referencedResources?: Readonly<Record<string, readonly string[]>>;
  readonly eventAttributes?: { readonly SensitiveAction: true };
  readonly additionalEventData: AdditionalData;
}

type EventType = 'ApiCall' | 'AliyunServiceEvent';

interface UserIdentity {
  readonly type: string;
  readonly principalId?: string;
  readonly accountId: string;
  readonly userName?: string;
  readonly accessKeyId?: string;
  readonly sessionContext?: {
    readonly attributes: { readonly creationDate: string; readonly mfaAuthenticated: 'false' };
  };
}

/** What the vendor has no member for is told here: readers must tolerate it. */
interface AdditionalData {
  readonly Scheme?: 'http' | 'https';
  /** Why the call was allowed or denied. */
  readonly Reasons?: readonly string[];
  /** The call was begun, and nobody knows how it ended. */
  readonly Outcome?: 'unknown';
}

const BY_VERSION = new Map(PRODUCTS.map((product) => [product.version, product]));

/**
 * What the vendor's console marks as sensitive is not documented: here it is what destroys or disables, what
 * hands out power, and what ends the record.
 */
const SENSITIVE: ReadonlySet<string> = new Set([
  ...['ScheduleKeyDeletion', 'DestroyKey', 'DisableKey', 'DeleteKeyMaterial', 'SetDeletionProtection'],
  ...['SetKeyPolicy', 'SetSecretPolicy', 'DeleteSecret'],
  ...['CreateAccessKey', 'DeleteUser', 'DeleteRole', 'DeletePolicy', 'UpdateRole', 'CreatePolicyVersion'],
  ...['SetDefaultPolicyVersion', 'AttachPolicyToUser', 'AttachPolicyToGroup', 'AttachPolicyToRole'],
  ...['AddUserToGroup', 'DeleteTrail', 'StopLogging', 'UpdateTrail'],
]);

/** The same entry has the same id for ever; an intent is another event than the call that may follow it. */
export function eventIdOf({ kind, requestId }: Entry): string {
  const hex = hash('sha256', `keyhold event\0${kind}\0${requestId}`, 'hex').toUpperCase();
  // Version 8 of RFC 9562: made by a rule of one's own.
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `A${hex.slice(17, 20)}`];
  return [...parts, hex.slice(20, 32)].join('-');
}

export const serviceNameOf = ({ version }: Entry): string => BY_VERSION.get(version)?.name ?? 'Kms';

const GLOBAL: ReadonlySet<string> = new Set(['Ram', 'Ims']);

/** Users, roles and policies belong to no region (ActionTrail 1). */
export const isGlobal = (entry: Entry): boolean => GLOBAL.has(serviceNameOf(entry));

/** The contract's effect is what the vendor's metadata says (ActionTrail 1.1); what it has not is a deed of ours. */
export const eventRwOf = ({ version, action }: Entry): 'Read' | 'Write' =>
  (BY_VERSION.get(version)?.operations.get(action)?.effect ?? 'write') === 'write' ? 'Write' : 'Read';

export const eventTypeOf = ({ kind, caller }: Entry): EventType =>
  (kind === 'call' || kind === 'intent') && caller.type !== 'service' ? 'ApiCall' : 'AliyunServiceEvent';

export const isSensitive = ({ action }: Entry): boolean => SENSITIVE.has(action);

export const userNameOf = ({ type, userName, principalId }: EntryCaller): string | undefined => {
  if (type === 'root-account') return 'root';
  return type === 'service' ? principalId : userName;
};

export const roleNameOf = ({ type, userName }: EntryCaller): string | undefined =>
  type === 'assumed-role' ? userName?.slice(0, userName.indexOf(':')) : undefined;

/** The event of an entry, as the account `recipient` sees it: who called, or who owns what was called for. */
export function eventOf(entry: Entry, recipient = entry.caller.accountId): TrailEvent {
  const { kind, caller, errorCode, errorMessage } = entry;
  const parameters = requestParametersOf(entry);
  const references = referencesOf(entry);
  return {
    eventId: eventIdOf(entry),
    eventVersion: 1,
    eventCategory: 'Management',
    eventType: eventTypeOf(entry),
    eventRW: eventRwOf(entry),
    eventTime: wholeSeconds(entry.time),
    eventName: entry.action,
    eventSource: eventSourceOf(entry),
    serviceName: serviceNameOf(entry),
    apiVersion: entry.version,
    acsRegion: entry.region,
    isGlobal: isGlobal(entry),
    requestId: entry.requestId,
    recipientAccountId: recipient,
    sourceIpAddress: entry.sourceIp,
    userAgent: entry.userAgent,
    userIdentity: userIdentityOf(caller),
    ...(errorCode !== undefined && { errorCode }),
    ...(errorMessage !== undefined && { errorMessage }),
    requestParameters: parameters,
    requestParameterJson: JSON.stringify(parameters),
    ...(kind === 'call' && errorCode === undefined && { responseElements: responseElementsOf(entry) }),
    ...(references.length > 0 && resourceMembers(references)),
    ...(isSensitive(entry) && { eventAttributes: { SensitiveAction: true } }),
    additionalEventData: {
      ...(eventTypeOf(entry) === 'ApiCall' && { Scheme: entry.tls ? 'https' : 'http' }),
      ...(entry.reasons.length > 0 && { Reasons: entry.reasons }),
      ...(kind === 'intent' && { Outcome: 'unknown' }),
    },
  };
}

const wholeSeconds = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;

/** The public endpoint (ActionTrail 2): which of its names a client used is not recorded. */
function eventSourceOf(entry: Entry): string {
  const host = serviceNameOf(entry).toLowerCase();
  return isGlobal(entry) || entry.region === ''
    ? `${host}.aliyuncs.com`
    : `${host}.${entry.region}.aliyuncs.com`;
}

function userIdentityOf(caller: EntryCaller): UserIdentity {
  const { accountId, type, principalId, accessKeyId, session } = caller;
  const userName = userNameOf(caller);
  return {
    type: type === 'service' ? 'system' : type,
    ...(type !== 'service' && { principalId }),
    accountId,
    ...(userName !== undefined && { userName }),
    ...(accessKeyId !== '' && { accessKeyId }),
    ...(session && {
      sessionContext: {
        attributes: { creationDate: wholeSeconds(session.startedAt), mfaAuthenticated: 'false' },
      },
    }),
  };
}

/** As the caller sent them: texts. A session is told of by two more members (ActionTrail 3). */
function requestParametersOf(entry: Entry): Record<string, string> {
  const { caller, region } = entry;
  const given = Object.entries(entry.parameters).map(([name, value]) => [name, sentText(value)]);
  const { session, userName } = caller;
  return Object.fromEntries([
    ...given,
    ...(isGlobal(entry) || region === '' || 'RegionId' in entry.parameters ? [] : [['RegionId', region]]),
    ...(session
      ? [
          ['stsTokenPrincipalName', userName?.replace(':', '/') ?? ''],
          ['stsTokenPlayerUid', session.assumedBy],
        ]
      : []),
  ]);
}

const sentText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** The secret of credentials is never recorded; clients expect its mask (ActionTrail 4). */
function responseElementsOf({ response, requestId }: Entry): Record<string, unknown> {
  const credentials = response?.Credentials;
  const masked = typeof credentials === 'object' && { ...credentials, AccessKeySecret: '****' };
  return { ...response, ...(masked && { Credentials: masked }), RequestId: requestId };
}

/** Names of one type joined with `,`, types joined with `;`, in the same order (ActionTrail 2). */
function resourceMembers(references: readonly Reference[]) {
  const byType = Map.groupBy(references, ({ type }) => type);
  const named = [...byType].map(([type, list]) => [type, list.map(({ name }) => name)] as const);
  return {
    resourceType: named.map(([type]) => type).join(';'),
    resourceName: named.map(([, names]) => names.join(',')).join(';'),
    referencedResources: Object.fromEntries(named),
  };
}
