import type * as z from 'zod';
import type { NamesItsTrail, Operation, ResourceRule } from './operation.ts';

/**
 * A resource of RAM or ActionTrail, and where the request names it (RAM 8.2).
 *
 * - `user`, `group`, `role`, `trail`: named by `parameter`; `orCaller: true` where an absent name means the
 *   calling user.
 * - `policy`: a custom policy named by `parameter`; a system policy where `typeParameter` says `System`.
 * - `listedByType`: every name in the list `parameter`, of the kind that `typeParameter` says (`role` or
 *   `policy`); the container of that kind where the list is absent.
 * - `roleArn`: the role whose ARN is in `parameter`, which may be one of another account; nothing where absent.
 * - `users`, `groups`, `roles`, `policies`, `trails`: the container of all of the account.
 */
export type AccountResourceRule =
  | { readonly kind: 'user'; readonly parameter: string; readonly orCaller?: true }
  | { readonly kind: 'group' | 'role' | 'roleArn' | 'trail'; readonly parameter: string }
  | { readonly kind: 'policy'; readonly parameter: string; readonly typeParameter?: string }
  | { readonly kind: 'listedByType'; readonly parameter: string; readonly typeParameter: string }
  | { readonly kind: 'users' | 'groups' | 'roles' | 'policies' | 'trails' };

export type AccountRule = ResourceRule | AccountResourceRule;

export type AccountOperation<
  A extends string = string,
  Q extends z.ZodObject = z.ZodObject,
  S extends z.ZodObject = z.ZodObject,
> = Operation<A, Q, S, AccountRule>;

/** `operation` of RAM, STS and ActionTrail. */
export function accountOperation<A extends string, Q extends z.ZodObject, S extends z.ZodObject>(
  entry: AccountOperation<A, Q, S> & NamesItsTrail<Q, S>,
): AccountOperation<A, Q, S> & NamesItsTrail<Q, S> {
  return entry;
}
