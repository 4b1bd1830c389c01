import { type Evaluation, evaluate, type StatementRef } from './evaluate.ts';
import { foldAscii } from './fold.ts';
import type { NamedPolicy, PolicyRequest } from './policy.ts';

/** Everything that has a say about one request. */
export interface Question {
  readonly request: PolicyRequest;
  /** The account that owns the resource. */
  readonly owner: string;
  /** Of the user and its groups, or of the role. The account itself has none. */
  readonly identity: readonly NamedPolicy[];
  /** What the session was narrowed to when it was made. */
  readonly session?: NamedPolicy;
  /** The key policy of the key, or the trust policy of the role to assume. */
  readonly resource?: NamedPolicy;
}

export interface Decision extends Pick<Evaluation, 'decision'> {
  /** Which rule of the whole process decided. */
  readonly rule: Rule;
  readonly reasons: readonly Reason[];
  /** For the answer; set where the decision is no Allow. */
  readonly denied?: AccessDenied;
}

export interface Reason extends StatementRef {
  readonly source: Source;
}

type Source = 'identity' | 'session' | 'resource';

type Rule =
  | 'the account owns the resource'
  | 'the account has no rights here'
  | 'the session policy must allow'
  | 'the trust policy must allow'
  | 'the identity or the resource policy must allow'
  | 'the identity and the resource policy must allow';

/** The facts of AccessDeniedDetail (RAM document 5.3); it has no word for key policies. */
export interface AccessDenied {
  readonly NoPermissionType: 'ImplicitDeny' | 'ExplicitDeny';
  readonly PolicyType?: 'AccountLevelIdentityBasedPolicy' | 'SessionPolicy' | 'AssumeRolePolicy';
}

/** No key policy keeps the owner from changing it (RAM document 6). In lower case. */
const NEVER_DENIED_TO_OWNER = 'kms:setkeypolicy';

/** The whole process (RAM document 5.2, 6). Pure. */
export function combine(question: Question): Decision {
  const { request } = question;
  if (request.principal.type === 'root-account') return combineForAccount(question);
  if (request.principal.type === 'oidc-user') return combineForBearer(question);
  if (question.session === undefined) return combineForIdentity(question, {});
  const session = evaluate([question.session], request);
  if (session.decision === 'Allow') return combineForIdentity(question, { session });
  return decided('the session policy must allow', session.decision, { session }, 'session');
}

/** The account may do everything with its own, but assume no role (RAM document 8.4); and nothing elsewhere. */
function combineForAccount({ request, owner, resource }: Question): Decision {
  if (owner !== request.principal.accountId || resource?.policy.kind === 'trust') {
    return decided('the account has no rights here', 'ImplicitDeny', {}, 'identity');
  }
  if (resource !== undefined && foldAscii(request.action) !== NEVER_DENIED_TO_OWNER) {
    const own = evaluate([resource], request);
    if (own.decision === 'ExplicitDeny') {
      return decided('the account owns the resource', 'ExplicitDeny', { resource: own }, 'key');
    }
  }
  return decided('the account owns the resource', 'Allow', {}, 'identity');
}

/** The bearer of a token has no policies: the role decides, of the account that registered the issuer. */
function combineForBearer({ request, owner, resource }: Question): Decision {
  const isOwn = owner === request.principal.accountId && resource?.policy.kind === 'trust';
  const trust = evaluate(isOwn ? [resource] : [], request);
  return decided('the trust policy must allow', trust.decision, { resource: trust }, 'trust');
}

function combineForIdentity(
  { request, owner, identity, resource }: Question,
  session: { readonly session?: Evaluation },
): Decision {
  const a = evaluate(identity, request);
  const b = evaluate(resource === undefined ? [] : [resource], request);
  const isTrust = resource?.policy.kind === 'trust';
  const both = isTrust || owner !== request.principal.accountId;
  const rule = both
    ? 'the identity and the resource policy must allow'
    : 'the identity or the resource policy must allow';
  const decision = both ? allowedByBoth(a, b) : allowedByEither(a, b);
  const blamed = decision === a.decision ? 'identity' : isTrust ? 'trust' : 'key';
  return decided(rule, decision, { ...session, identity: a, resource: b }, blamed);
}

function allowedByEither(a: Evaluation, b: Evaluation): Evaluation['decision'] {
  const decisions = [a.decision, b.decision];
  if (decisions.includes('ExplicitDeny')) return 'ExplicitDeny';
  return decisions.includes('Allow') ? 'Allow' : 'ImplicitDeny';
}

function allowedByBoth(a: Evaluation, b: Evaluation): Evaluation['decision'] {
  const decisions = [a.decision, b.decision];
  if (decisions.includes('ExplicitDeny')) return 'ExplicitDeny';
  return decisions.includes('ImplicitDeny') ? 'ImplicitDeny' : 'Allow';
}

/** As the answer calls what refused; a key policy has no name there. */
const POLICY_TYPES = {
  identity: { PolicyType: 'AccountLevelIdentityBasedPolicy' },
  session: { PolicyType: 'SessionPolicy' },
  trust: { PolicyType: 'AssumeRolePolicy' },
  key: {},
} as const;

function decided(
  rule: Rule,
  decision: Evaluation['decision'],
  evaluations: Readonly<Partial<Record<Source, Evaluation>>>,
  blamed: keyof typeof POLICY_TYPES,
): Decision {
  const reasons = SOURCES.flatMap((source): readonly Reason[] => {
    const evaluation = evaluations[source];
    if (evaluation?.decision !== decision) return [];
    return evaluation.decidedBy.map((reason) => ({ source, ...reason }));
  });
  if (decision === 'Allow') return { decision, rule, reasons };
  return { decision, rule, reasons, denied: { NoPermissionType: decision, ...POLICY_TYPES[blamed] } };
}

const SOURCES: readonly Source[] = ['identity', 'session', 'resource'];
