import type * as z from 'zod';
import type { ErrorCode } from './errors.ts';
import type { Grant } from './resource-rule.ts';

/**
 * What an operation does to the world. `read` looks, `use` employs key material, `write` changes something
 * (and leaves an intent entry in the trail before it starts).
 */
export type Effect = 'read' | 'use' | 'write';

/** One operation of the API: everything about it that is data. */
export interface Operation<
  Action extends string = string,
  Request extends z.ZodObject = z.ZodObject,
  Response extends z.ZodObject = z.ZodObject,
> {
  readonly action: Action;
  readonly group: string;
  readonly summary: string;
  readonly effect: Effect;
  /** Empty: every authenticated caller may (DescribeRegions, GetCallerIdentity). */
  readonly grants: readonly Grant[];
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
   * in the response (`AccessKey.AccessKeyId`). Plaintext, ciphertext and secrets are never in it.
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

type NamesItsTrail<Q extends z.ZodObject, S extends z.ZodObject> = {
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
