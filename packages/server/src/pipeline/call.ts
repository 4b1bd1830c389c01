import { randomUUID } from 'node:crypto';
import { findOperation } from '@keyhold/api/contract.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import { readParameters } from '@keyhold/api/parameters.ts';
import { authenticate } from '../access/authenticate.ts';
import { authorise } from '../access/authorise.ts';
import { pickRegion } from '../access/region.ts';
import { nameResources } from '../access/resources.ts';
import { readRequest } from '../wires/read-request.ts';
import { type Reply, replyError, replySuccess } from '../wires/reply.ts';
import type { RawRequest } from '../wires/request.ts';
import type { Call, Outcome, Ports } from './call-state.ts';
import { entryOf, isRecorded } from './record.ts';
import { refusalOf } from './refusal.ts';
import { run } from './run.ts';

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
