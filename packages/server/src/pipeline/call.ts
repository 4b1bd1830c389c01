import { randomUUID } from 'node:crypto';
import { findOperation } from '@keyhold/api/contract.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import { readParameters } from '@keyhold/api/parameters.ts';
import { authenticate } from '../access/authenticate.ts';
import { authenticateBearer } from '../access/bearers.ts';
import { pickRegion } from '../access/region.ts';
import { readRequest } from '../wires/read-request.ts';
import { type Reply, replyError, replySuccess } from '../wires/reply.ts';
import type { RawRequest, SignedRequest } from '../wires/request.ts';
import type { Call, Outcome, Ports } from './call-state.ts';
import { permit } from './permit.ts';
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

  const { caller, directory, parameters } = await identify(ports, call, operation, request);
  call.caller = caller;
  ports.throttle.admit(caller, call.time);
  const region = pickRegion(ports.kms.regions, request.regionId, call.raw.headers.host);
  const home = { accountId: caller.accountId, region };
  call.home = home;

  call.parameters = readParameters(operation.request, parameters);
  const understood = { operation, caller, directory, home, parameters: call.parameters };
  const asking = await permit(ports, call, understood);
  return run(ports, call, understood, asking);
}

/** By the signature; or, for the one operation that comes without, by the token it carries. */
const identify = (ports: Ports, call: Call, operation: Operation, request: SignedRequest) => {
  const { ram: directories, sessions, lastUses } = ports.kms;
  return operation.unsigned
    ? authenticateBearer({ directories, issuers: ports.issuers }, request, call.time)
    : authenticate({ ...ports, directories, sessions, lastUses }, request, call.time);
};
