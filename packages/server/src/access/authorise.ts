import type { Arn } from '@keyhold/api/arn.ts';
import type { AccessDeniedDetail } from '@keyhold/api/errors.ts';
import type { Directory } from '../ram/directory.ts';
import type { Tag } from '../store/store.ts';
import type { Caller } from './caller.ts';
import { contextOf, type Facts, mentionTags } from './context.ts';
import type { Diagnosis } from './diagnoses.ts';
import type { NamedResource } from './naming.ts';
import { combine, type Decision as PolicyDecision, type Question } from './policy/combine.ts';
import { evaluate } from './policy/evaluate.ts';
import type { Context, NamedPolicy, Principal } from './policy/policy.ts';

/** One thing the caller wants to do to one resource. */
export interface Ask {
  readonly action: string;
  /** ARN, or `*` where the action has no resource of its own. */
  readonly resource: Arn | '*';
  /** The account that owns the resource. */
  readonly owner: string;
  /** The resource as the caller knows it: an alias is not resolved before the eyes of the unauthorised. */
  readonly shown: Arn | '*';
}

/** A decision is a value: what was decided, and why. The trail keeps the reasons. */
export interface Decision {
  readonly allowed: boolean;
  readonly reasons: readonly string[];
  /** What was refused; set where `allowed` is false. */
  readonly refused?: Ask;
  readonly detail?: AccessDeniedDetail | undefined;
  readonly diagnosis?: Diagnosis | undefined;
}

/** Everything that a decision depends on, besides the resources themselves. */
export interface Asking {
  readonly caller: Caller;
  /** Of the caller's account. */
  readonly directory: Directory;
  readonly facts: Facts;
  /** The tags of a key. Asked only where a policy speaks of tags. */
  readonly tagsOf: (keyId: string) => Promise<readonly Tag[]>;
  /** Told of each condition key that is looked at. */
  readonly onCondition?: (key: string, given: readonly string[]) => void;
  /** Of a simulation: policies in place of the attached ones, and values of condition keys. */
  readonly supposed?: {
    readonly identity: readonly NamedPolicy[];
    readonly context: ReadonlyMap<string, string>;
  };
}

const ALLOWED_TO_ROOT: Decision = { allowed: true, reasons: ['root of the account'] };

/** Every resource must be allowed. The first that is not refuses the call. */
export async function authorise(asking: Asking, resources: readonly NamedResource[]): Promise<Decision> {
  const { caller } = asking;
  const isOwn = ({ ask, policy }: NamedResource) => ask.owner === caller.accountId && policy === undefined;
  if (caller.type === 'root-account' && resources.every(isOwn)) return ALLOWED_TO_ROOT;
  const reasons: string[] = [];
  for (const resource of resources) {
    const decision = await decide(asking, resource);
    const told = tell(decision);
    if (decision.decision !== 'Allow') {
      const detail = detailOf(caller, resource.ask, decision);
      const diagnosis = detail && (await diagnose(asking, resource, decision, detail));
      return { allowed: false, reasons: told, refused: resource.ask, detail, diagnosis };
    }
    for (const reason of told) if (!reasons.includes(reason)) reasons.push(reason);
  }
  return { allowed: true, reasons };
}

/** Whether the policy of a resource of another account, by itself, admits the caller. No account has rights there. */
export async function admits(
  asking: Pick<Asking, 'caller' | 'facts' | 'tagsOf'>,
  { policy, ask, key }: NamedResource,
): Promise<boolean> {
  if (policy === undefined || asking.caller.type === 'root-account') return false;
  const tags = key !== undefined && mentionTags([policy]) ? await asking.tagsOf(key.keyId) : [];
  return evaluate([policy], requestOf(asking, ask, tags)).decision === 'Allow';
}

export async function decide(asking: Asking, resource: NamedResource): Promise<PolicyDecision> {
  const { policy, key, ask } = resource;
  const question = policiesOf(asking);
  const tagged =
    key !== undefined && (mentionTags(question.identity) || mentionTags([question.session, policy]));
  const tags = tagged ? await asking.tagsOf(key.keyId) : resource.tags;
  return combine({
    ...question,
    request: requestOf(asking, ask, tags),
    owner: ask.owner,
    ...(policy && { resource: policy }),
  });
}

/** What the caller's own side says. */
export function policiesOf({
  caller,
  directory,
  supposed,
}: Pick<Asking, 'caller' | 'directory' | 'supposed'>): Pick<Question, 'identity' | 'session'> {
  if (supposed) return { identity: supposed.identity };
  switch (caller.type) {
    case 'ram-user':
      return { identity: directory.policiesOfUser(caller.principalId) };
    case 'assumed-role': {
      const identity = directory.policiesOfRole(caller.roleId);
      return caller.sessionPolicy ? { identity, session: caller.sessionPolicy } : { identity };
    }
    default:
      return { identity: [] };
  }
}

export function requestOf(
  { caller, facts, supposed, onCondition }: Pick<Asking, 'caller' | 'facts' | 'supposed' | 'onCondition'>,
  ask: Ask,
  tags: readonly Tag[],
): Question['request'] {
  const { action, resource } = ask;
  const real = contextOf({ action, facts, caller, tags });
  const known: Context = supposed ? (key) => supposed.context.get(key.name + key.of) ?? real(key) : real;
  const context: Context = onCondition
    ? (key) => {
        const given = known(key);
        onCondition(key.name + key.of, given === undefined ? [] : [given].flat());
        return given;
      }
    : known;
  return { action, resource, principal: principalOf(caller), context };
}

function principalOf(caller: Caller): Principal {
  const { accountId } = caller;
  switch (caller.type) {
    case 'ram-user':
      return { type: 'ram-user', accountId, userName: caller.userName };
    case 'assumed-role':
      return { type: 'assumed-role', accountId, roleName: caller.roleName };
    case 'root-account':
      return { type: 'root-account', accountId };
    case 'oidc-user':
      return { type: 'oidc-user', accountId, providerName: caller.providerName };
  }
}

/** Every call leaves its reasons in the trail; a policy can hold a hundred statements that say the same. */
const MOST_REASONS = 16;

/** `Apollo#1` is the first statement of the policy Apollo. */
function tell({ decision, rule, reasons }: PolicyDecision): readonly string[] {
  const told = reasons.slice(0, MOST_REASONS).map(({ source, policy, statement }) => {
    const name = `${policy.slice(policy.lastIndexOf('/') + 1)}#${statement + 1}`;
    return source === 'identity' ? name : `${source} ${name}`;
  });
  if (reasons.length > MOST_REASONS) told.push(`and ${reasons.length - MOST_REASONS} more`);
  return told.length > 0 ? told : [decision === 'Allow' ? rule : `nothing allows it; ${rule}`];
}

/** Decides once more, to see which conditions were looked at. */
async function diagnose(
  asking: Asking,
  resource: NamedResource,
  { decision, reasons }: PolicyDecision,
  detail: AccessDeniedDetail,
): Promise<Diagnosis> {
  const seen = new Map<string, readonly string[]>();
  await decide({ ...asking, onCondition: (key, given) => seen.set(key, given) }, resource);
  return {
    action: resource.ask.action,
    resource: resource.ask.resource,
    principalType: detail.AuthPrincipalType,
    principalName: detail.AuthPrincipalDisplayName,
    explicit: decision === 'ExplicitDeny',
    policyType: detail.PolicyType ?? '',
    reasons,
    conditions: Array.from(seen, ([key, values]) => ({ key, values })),
  };
}

/** The account itself is told by the message alone. */
function detailOf(caller: Caller, ask: Ask, { denied }: PolicyDecision): AccessDeniedDetail | undefined {
  if (denied === undefined) return undefined;
  const who = shownPrincipal(caller);
  return (
    who && {
      AuthAction: ask.action,
      AuthPrincipalType: who.type,
      AuthPrincipalOwnerId: caller.accountId,
      AuthPrincipalDisplayName: who.name,
      ...denied,
    }
  );
}

function shownPrincipal(caller: Caller) {
  switch (caller.type) {
    case 'ram-user':
      return { type: 'SubUser', name: caller.principalId } as const;
    case 'assumed-role':
      return { type: 'AssumedRoleUser', name: `${caller.roleName}:${caller.sessionName}` } as const;
    case 'oidc-user':
      return { type: 'Federated', name: caller.principalId } as const;
    case 'root-account':
      return undefined;
  }
}
