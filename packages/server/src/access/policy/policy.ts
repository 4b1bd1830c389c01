import type { PrincipalForm } from './principals.ts';
import type { Resource } from './resource.ts';

/** `identity`: attached to users, groups, roles. `trust`: of a role. `key`: of a key (RAM document 3 and 6). */
export type PolicyKind = 'identity' | 'session' | 'trust' | 'key';

export type Effect = 'Allow' | 'Deny';

/** A policy ready to be evaluated; frozen, so that it may be cached and shared. */
export interface Policy {
  readonly kind: PolicyKind;
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly sid: string | undefined;
  readonly effect: Effect;
  readonly action: Patterns<string>;
  /** Undefined in trust policies, which have none. */
  readonly resource: Patterns<Resource> | undefined;
  /** Undefined in identity and session policies; else any one of them. */
  readonly principals: readonly PrincipalForm[] | undefined;
  /** All of them must hold. */
  readonly conditions: readonly Condition[];
}

/** `Action` or `NotAction`, `Resource` or `NotResource`: any of them, or none of them. */
export interface Patterns<T> {
  readonly element: string;
  readonly negated: boolean;
  readonly patterns: readonly ((value: T) => boolean)[];
}

/** One key under one operator. */
export interface Condition {
  /** Such as `Condition.StringEquals.kms:tag/Project`, as the policy spells it. */
  readonly element: string;
  readonly key: ConditionKey;
  readonly negated: boolean;
  /** One per value of the policy. */
  readonly tests: readonly ((given: string) => boolean)[];
}

/**
 * `kms:tag/Project` is name `kms:tag/` of `Project`; `acs:SourceIp` is name `acs:sourceip` of nothing. The name
 * is in lower case, as its case does not count; what it is of is a tag key or the like and counts exactly.
 */
export interface ConditionKey {
  readonly name: string;
  readonly of: string;
}

/**
 * What the request has for a key: a value, several, or undefined where it carries none. Asked only for keys that
 * decide something. Do not look `of` up in a plain object: it can be `__proto__`.
 */
export type Context = (key: ConditionKey) => string | readonly string[] | undefined;

/** Who asks, as the trail names the types (ActionTrail). */
export type Principal =
  | { readonly type: 'root-account'; readonly accountId: string }
  | { readonly type: 'ram-user'; readonly accountId: string; readonly userName: string }
  | { readonly type: 'assumed-role'; readonly accountId: string; readonly roleName: string }
  /** The bearer of a token of the account's OIDC provider. */
  | { readonly type: 'oidc-user'; readonly accountId: string; readonly providerName: string };

export interface PolicyRequest {
  /** `kms:Encrypt`. */
  readonly action: string;
  /** ARN, or `*` where the action has no resource of its own. */
  readonly resource: string;
  readonly principal: Principal;
  readonly context: Context;
}

export interface NamedPolicy {
  readonly name: string;
  readonly policy: Policy;
}
