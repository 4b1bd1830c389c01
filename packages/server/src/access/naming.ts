import type { Arn } from '@keyhold/api/arn.ts';
import { ApiError, type ErrorCode, type ErrorDetails } from '@keyhold/api/errors.ts';
import type { ResourceRule } from '@keyhold/api/resource-rule.ts';
import type { Ciphertext } from '../keys/ciphertext.ts';
import type { Key } from '../keys/key.ts';
import type { Directories } from '../ram/directories.ts';
import type { Directory } from '../ram/directory.ts';
import type { Alias, Home, Store, Tag } from '../store/store.ts';
import type { Ask } from './authorise.ts';
import type { Caller } from './caller.ts';
import type { NamedPolicy } from './policy/policy.ts';

/** A resource the request names, there or not. Nothing about it may be told before the caller is allowed. */
export interface NamedResource {
  readonly ask: Ask;
  readonly kind: ResourceRule['kind'];
  readonly parameter: string | undefined;
  readonly key: Key | undefined;
  readonly alias: Alias | undefined;
  /** The blob that named the key. */
  readonly ciphertext: Ciphertext | undefined;
  /** What the resource itself says about who may: the policy of a key, or the trust policy of a role. */
  readonly policy: NamedPolicy | undefined;
  /** Of a role or a policy; those of a key are read where a policy speaks of tags. */
  readonly tags: readonly Tag[];
  /** What an allowed caller is told where the resource is not there. */
  readonly missing: { readonly code: ErrorCode; readonly details?: ErrorDetails } | undefined;
}

export interface NamingPorts {
  readonly store: Pick<Store, 'keys' | 'aliases'>;
  readonly directories: Pick<Directories, 'get'>;
  readonly caller: Caller;
  /** Of the caller's account. */
  readonly directory: Directory;
  readonly home: Home;
  readonly now: number;
  /** Whether the policy of another account's key or role admits the caller. */
  readonly admits: (resource: NamedResource) => Promise<boolean>;
}

export interface Naming extends NamingPorts {
  readonly action: string;
  /** Whether the operation only uses a key: then it may be one of another account (RAM 6). */
  readonly uses: boolean;
}

const NONE: readonly never[] = [];

export type Parameters = Readonly<Record<string, unknown>>;

export function text(parameter: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new ApiError('MissingParameter', { parameter });
}

export function container(naming: Naming, rule: ResourceRule, shown: Arn | '*'): NamedResource {
  return named(naming, rule, shown, {});
}

export function named(
  naming: Naming,
  rule: ResourceRule,
  shown: Arn | '*',
  found: Partial<Pick<NamedResource, 'key' | 'alias' | 'missing' | 'policy' | 'tags'>> & { owner?: string },
): NamedResource {
  return {
    ask: { action: naming.action, resource: shown, shown, owner: found.owner ?? naming.home.accountId },
    kind: rule.kind,
    parameter: 'parameter' in rule ? rule.parameter : undefined,
    key: found.key,
    alias: found.alias,
    ciphertext: undefined,
    policy: found.policy,
    tags: found.tags ?? NONE,
    missing: found.missing,
  };
}
