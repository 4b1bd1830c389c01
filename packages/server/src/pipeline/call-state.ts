import type { ApiError } from '@keyhold/api/errors.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import type { AuthenticationPorts } from '../access/authenticate.ts';
import type { Decision } from '../access/authorise.ts';
import type { Caller } from '../access/caller.ts';
import type { NamedResource } from '../access/naming.ts';
import type { Throttle } from '../access/throttle.ts';
import type { Kms } from '../kms.ts';
import type { Issuers } from '../oidc/issuers.ts';
import type { Home } from '../store/store.ts';
import type { Trail } from '../trail/trail.ts';
import type { RawRequest, SignedRequest } from '../wires/request.ts';

/** What the pipeline needs, beyond what operations may reach. */
export interface Ports extends Pick<AuthenticationPorts, 'accessKeys' | 'replayGuard'> {
  readonly kms: Kms;
  readonly issuers: Issuers;
  readonly throttle: Throttle;
  readonly trail: Trail;
  readonly now: () => number;
  /** Told of what must not be told to the caller. */
  readonly onFailure: (error: unknown, requestId: string) => void;
}

/** A call as far as it got: what is undefined was not reached. */
export interface Call {
  readonly requestId: string;
  readonly time: number;
  readonly raw: RawRequest;
  request?: SignedRequest;
  operation?: Operation;
  caller?: Caller;
  home?: Home;
  parameters?: Readonly<Record<string, unknown>>;
  resources?: readonly NamedResource[];
  decision?: Decision;
}

export type Outcome = { readonly result: Readonly<Record<string, unknown>> } | { readonly refusal: ApiError };
