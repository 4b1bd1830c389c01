import { type Effort, holds } from './conditions.ts';
import { foldAscii } from './fold.ts';
import type { Effect, NamedPolicy, Patterns, PolicyRequest, Statement } from './policy.ts';
import { isNamed } from './principals.ts';
import { type Resource, resourceOf } from './resource.ts';

export interface Evaluation {
  readonly decision: 'Allow' | 'ExplicitDeny' | 'ImplicitDeny';
  /** Every statement of the effect that decided, in order; none for an implicit deny. */
  readonly decidedBy: readonly StatementRef[];
}

export interface StatementRef {
  readonly policy: string;
  /** From 0. */
  readonly statement: number;
  readonly sid: string | undefined;
  readonly effect: Effect;
}

export interface Explanation extends Evaluation {
  /** Every statement that did not apply, with the first of its elements that did not match. */
  readonly notMatched: readonly Mismatch[];
}

export interface Mismatch extends StatementRef {
  /** `Principal`, `Action`, `NotAction`, `Resource`, `NotResource`, `Condition.StringEquals.kms:tag/Project`. */
  readonly element: string;
}

/** Decides over a set of policies, whose order has no meaning (RAM document 5.1). Pure. */
export function evaluate(policies: readonly NamedPolicy[], request: PolicyRequest): Evaluation {
  return decide(policies, request, undefined);
}

/** The same decision, with what kept the other statements from applying. */
export function explain(policies: readonly NamedPolicy[], request: PolicyRequest): Explanation {
  const notMatched: Mismatch[] = [];
  return { ...decide(policies, request, notMatched), notMatched };
}

/**
 * Patterns times characters of the values that they are held against: some 20 ms at worst. Thousands of patterns
 * for a value of thousands of characters would stop the server for seconds: whoever asks that is denied.
 */
const MOST_EFFORT = 1_000_000;

/** Not cut short at the first Deny: the trail and the explanation name all the statements that decided. */
function decide(
  policies: readonly NamedPolicy[],
  request: PolicyRequest,
  notMatched: Mismatch[] | undefined,
): Evaluation {
  const action = foldAscii(request.action);
  const resource = resourceOf(request.resource);
  const effort = { left: MOST_EFFORT };
  const allows: StatementRef[] = [];
  const denies: StatementRef[] = [];
  for (const { name, policy } of policies) {
    for (const [index, statement] of policy.statements.entries()) {
      const element = firstMismatch(statement, request, action, resource, effort);
      if (effort.left < 0) return { decision: 'ExplicitDeny', decidedBy: [refTo(name, index, statement)] };
      if (element === undefined) {
        (statement.effect === 'Deny' ? denies : allows).push(refTo(name, index, statement));
      } else notMatched?.push({ ...refTo(name, index, statement), element });
    }
  }
  if (denies.length > 0) return { decision: 'ExplicitDeny', decidedBy: denies };
  if (allows.length > 0) return { decision: 'Allow', decidedBy: allows };
  return { decision: 'ImplicitDeny', decidedBy: [] };
}

function refTo(policy: string, statement: number, { sid, effect }: Statement): StatementRef {
  return { policy, statement, sid, effect };
}

/** The cheap elements first; which one is named does not change the decision. */
function firstMismatch(
  statement: Statement,
  request: PolicyRequest,
  action: string,
  resource: Resource,
  effort: Effort,
): string | undefined {
  if (!matches(statement.action, action)) return statement.action.element;
  if (!isForPrincipal(statement, request)) return 'Principal';
  if (statement.resource !== undefined && !matches(statement.resource, resource)) {
    return statement.resource.element;
  }
  for (const condition of statement.conditions) {
    if (!holds(condition, request.context, effort)) return condition.element;
  }
  return undefined;
}

function isForPrincipal({ principals }: Statement, { principal }: PolicyRequest): boolean {
  return principals === undefined || principals.some((form) => isNamed(form, principal));
}

function matches<T>({ patterns, negated }: Patterns<T>, value: T): boolean {
  for (const pattern of patterns) if (pattern(value)) return !negated;
  return negated;
}
