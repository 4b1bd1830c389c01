import { randomUUID } from 'node:crypto';
import { findOperation } from '@keyhold/api/contract.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import { readParameters } from '@keyhold/api/parameters.ts';
import type { AccessKeys } from './access/access-keys.ts';
import { authenticate } from './access/authenticate.ts';
import { authorise, type Decision } from './access/authorise.ts';
import type { Caller } from './access/caller.ts';
import { pickRegion } from './access/region.ts';
import type { ReplayGuard } from './access/replay-guard.ts';
import { type NamedResource, nameResources } from './access/resources.ts';
import type { Kms } from './kms.ts';
import { entryOf, isRecorded } from './record.ts';
import { refusalOf } from './refusal.ts';
import { run } from './run.ts';
import type { Home } from './store/store.ts';
import type { Trail } from './trail/trail.ts';
import { readRequest } from './wires/read-request.ts';
import { type Reply, replyError, replySuccess } from './wires/reply.ts';
import type { RawRequest, SignedRequest } from './wires/request.ts';

/** What the pipeline needs, beyond what operations may reach. */
export interface Ports {
  readonly kms: Kms;
  readonly accessKeys: AccessKeys;
  readonly replayGuard: ReplayGuard;
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

/** Answers one request. Never rejects; nothing leaves before its trail entry is durable. */
export async function answer(ports: Ports, raw: RawRequest): Promise<Reply> {
  const call: Call = { requestId: randomUUID().toUpperCase(), time: ports.now(), raw };
  let outcome: Outcome;
  try {
    outcome = { result: await perform(ports, call) };
  } catch (error) {
    outcome = { refusal: refusalOf(error, call, ports) };
  }
  try {
    if (isRecorded(call)) await ports.trail.append(entryOf(call, outcome));
  } catch (error) {
    outcome = { refusal: refusalOf(error, call, ports) }; // whatever the result was, it is dropped
  }
  return 'result' in outcome ? replySuccess(call, outcome.result) : replyError(call, outcome.refusal);
}

/** Identify, parse, name the resources, authorise, run. No step can be skipped or moved. */
async function perform(ports: Ports, call: Call): Promise<Readonly<Record<string, unknown>>> {
  const request = readRequest(call.raw);
  call.request = request;
  const operation = findOperation(request.version, request.action);
  call.operation = operation;

  const { caller, parameters } = await authenticate(ports, request, call.time);
  call.caller = caller;
  const region = pickRegion(ports.kms.regions, request.regionId, call.raw.headers.host);
  const home = { accountId: caller.accountId, region };
  call.home = home;

  call.parameters = readParameters(operation.request, parameters);
  const naming = { store: ports.kms.store, home, now: call.time };
  call.resources = await nameResources(naming, operation, call.parameters);

  call.decision = authorise(
    caller,
    call.resources.map((resource) => resource.ask),
  );
  const { refused } = call.decision;
  if (refused) throw new ApiError('Forbidden.NoPermission', { resource: refused.shown });

  return run(ports, call, { operation, caller, home });
}
