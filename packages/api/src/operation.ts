import type * as z from 'zod';
import type { ErrorCode } from './errors.ts';

/**
 * What an operation does to the world. `read` looks, `use` employs key material, `write` changes something
 * (and leaves an intent entry in the trail before it starts).
 */
export type Effect = 'read' | 'use' | 'write';

/**
 * A resource the operation touches, and where the request names it.
 *
 * - `key`: a key named by `parameter`, or by `alternative` where that is absent; `alias: true` where a full
 *   alias name is accepted too.
 * - `ciphertextKey`: the key named inside the ciphertext blob in `parameter`.
 * - `listedKeys`: every key named in the list `parameter`; the container of all keys where the list is absent.
 * - `alias`: the alias itself, named by `parameter`.
 * - `aliasTarget`: the key that the alias named by `parameter` points to now.
 * - `keys`, `aliases`: the container of all keys or aliases of the account in the region.
 * - `service`: no resource of its own (`*`).
 */
export type ResourceRule =
  | {
      readonly kind: 'key';
      readonly parameter: string;
      readonly alternative?: string;
      readonly alias?: true;
    }
  | { readonly kind: 'ciphertextKey' | 'listedKeys' | 'alias' | 'aliasTarget'; readonly parameter: string }
  | { readonly kind: 'keys' | 'aliases' | 'service' };

/** The caller must be allowed `action` on the resource; an operation may need several grants. */
export interface Grant<Rule = ResourceRule> {
  readonly action: `${string}:${string}`;
  readonly resource: Rule;
}

/** One operation of the API: everything about it that is data. */
export interface Operation<
  Action extends string = string,
  Request extends z.ZodObject = z.ZodObject,
  Response extends z.ZodObject = z.ZodObject,
  Rule = ResourceRule,
> {
  readonly action: Action;
  readonly group: string;
  readonly summary: string;
  readonly effect: Effect;
  /** Empty: every authenticated caller may (DescribeRegions). */
  readonly grants: readonly Grant<Rule>[];
  /**
   * Comes without access key and signature (wire protocol 2.8): AssumeRoleWithOIDC, which the token it carries
   * authenticates.
   */
  readonly unsigned?: true;
  readonly request: Request;
  /** Without RequestId, which every answer carries. */
  readonly response: Response;
  /** Errors of the operation itself; authentication and server errors are common to all. */
  readonly errors: readonly ErrorCode[];
  /**
   * Allow-list of what the trail keeps of parameters and results: top-level names, or one member of an object
   * in the response (`AccessKey.AccessKeyId`). Plaintext, ciphertext and secrets are never in it. Absent from
   * the contract: nothing is kept.
   */
  readonly trail: {
    readonly request: readonly string[];
    readonly response: readonly string[];
    /** True for DescribeRegions alone, which the trail does not record. */
    readonly unrecorded?: true;
  };
}

export type RequestOf<O extends Operation> = z.output<O['request']>;
export type ResponseOf<O extends Operation> = z.input<O['response']>;

type Names<S extends z.ZodObject> = keyof S['shape'] & string;

export type NamesItsTrail<Q extends z.ZodObject, S extends z.ZodObject> = {
  readonly trail: {
    readonly request: readonly Names<Q>[];
    readonly response: readonly (Names<S> | `${Names<S>}.${string}`)[];
  };
};

/** Identity at run time; keeps literal types, and lets the trail name only what the schemas have. */
export function operation<A extends string, Q extends z.ZodObject, S extends z.ZodObject>(
  entry: Operation<A, Q, S> & NamesItsTrail<Q, S>,
): Operation<A, Q, S> & NamesItsTrail<Q, S> {
  return entry;
}
