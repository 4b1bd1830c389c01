import { ramResourceArn } from '@keyhold/api/arn.ts';
import type { Tag } from '../store/store.ts';
import type { Caller } from './caller.ts';
import type { ConditionKey, Context, NamedPolicy } from './policy/policy.ts';

/** What a request brings along besides its caller, for conditions (RAM 4.4). */
export interface Facts {
  readonly time: number;
  readonly tls: boolean;
  /** Of the client: the socket's, or what a trusted proxy says. */
  readonly sourceIp: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Condition keys by lower-case name. What is not here a request never carries: `acs:MFAPresent`, for one. */
const KEYS = new Map<string, (given: Given, of: string) => ReturnType<Context>>([
  ['acs:currenttime', ({ facts }) => new Date(facts.time).toISOString()],
  ['acs:securetransport', ({ facts }) => String(facts.tls)],
  ['acs:sourceip', ({ facts }) => facts.sourceIp],
  ['acs:principalarn', ({ caller }) => principalArn(caller)],
  ['acs:requesttag/', ({ facts }, of) => requestTag(facts.parameters, of)],
  ['acs:resourcetag/', ({ tags }, of) => tagValue(tags, of)],
  ['kms:tag/', ({ tags }, of) => tagValue(tags, of)],
  ['kms:encryptionalgorithm', () => 'SYMMETRIC_DEFAULT'],
  ['kms:encryptioncontext:', ({ facts, action }, of) => encryptionContext(facts.parameters, action, of)],
  ['oidc:iss', ({ caller }) => tokenOf(caller)?.issuer],
  ['oidc:aud', ({ caller }) => tokenOf(caller)?.audiences],
  ['oidc:sub', ({ caller }) => tokenOf(caller)?.subject],
  ['sts:externalid', ({ facts }) => facts.parameters.ExternalId?.toString()],
]);

/** Keys that need the tags of the resource. */
const OF_TAGS: ReadonlySet<string> = new Set(['kms:tag/', 'acs:resourcetag/']);

export interface Given {
  readonly action: string;
  readonly facts: Facts;
  readonly caller: Caller;
  readonly tags: readonly Tag[];
}

export function contextOf(given: Given): Context {
  return ({ name, of }: ConditionKey) => KEYS.get(name)?.(given, of);
}

const mentioning = new WeakMap<NamedPolicy['policy'], boolean>();

/** Whether any statement has a condition on tags of the resource. */
export function mentionTags(policies: readonly (NamedPolicy | undefined)[]): boolean {
  return policies.some((named) => {
    if (named === undefined) return false;
    const known = mentioning.get(named.policy);
    if (known !== undefined) return known;
    const found = named.policy.statements.some(({ conditions }) =>
      conditions.some(({ key }) => OF_TAGS.has(key.name)),
    );
    mentioning.set(named.policy, found);
    return found;
  });
}

const tagValue = (tags: readonly Tag[], tagKey: string): string | undefined =>
  tags.find((tag) => tag.tagKey === tagKey)?.tagValue;

const tokenOf = (caller: Caller) => (caller.type === 'oidc-user' ? caller.token : undefined);

/** The session of a role stands for its role. */
function principalArn(caller: Caller): string | undefined {
  if (caller.type === 'ram-user') return ramResourceArn(caller.accountId, 'user', caller.userName);
  if (caller.type === 'assumed-role') return ramResourceArn(caller.accountId, 'role', caller.roleName);
  return undefined;
}

/** Tags to set are in `Tags` or `Tag`, as lists of their operation's own form. */
function requestTag(parameters: Facts['parameters'], of: string): string | undefined {
  const list = parameters.Tags ?? parameters.Tag;
  if (!Array.isArray(list)) return undefined;
  const tag = list.find((entry) => (entry.TagKey ?? entry.Key) === of);
  return tag && String(tag.TagValue ?? tag.Value ?? '');
}

/** ReEncrypt has two: that of the ciphertext, and that of its replacement. */
function encryptionContext(parameters: Facts['parameters'], action: string, of: string): string | undefined {
  const name =
    action === 'kms:ReEncryptFrom'
      ? 'SourceEncryptionContext'
      : action === 'kms:ReEncryptTo'
        ? 'DestinationEncryptionContext'
        : 'EncryptionContext';
  const context = parameters[name];
  if (typeof context !== 'object' || context === null || !Object.hasOwn(context, of)) return undefined;
  return String((context as Readonly<Record<string, unknown>>)[of]);
}
