import { entryCallerOf } from '../access/caller.ts';
import type { Entry } from '../trail/entry.ts';
import type { Call, Outcome } from './call-state.ts';

/**
 * Every call of a known caller is recorded, refused ones too, but DescribeRegions. A request whose signature
 * was not found right belongs to no account: recording it would let strangers fill an account's trail.
 */
export function isRecorded(call: Call): boolean {
  return call.caller !== undefined && call.operation?.trail.unrecorded !== true;
}

/** A write leaves this before it starts: without a later entry of the same request, the outcome is unknown. */
export function intentOf(call: Call): Entry {
  return { ...base(call), kind: 'intent' };
}

export function entryOf(call: Call, outcome: Outcome): Entry {
  if ('refusal' in outcome) {
    const { code, message } = outcome.refusal;
    return { ...base(call), errorCode: code, errorMessage: message };
  }
  const kept = pick(outcome.result, call.operation?.trail.response);
  return kept === undefined ? base(call) : { ...base(call), response: kept };
}

function base(call: Call): Entry {
  const { caller, request, raw, home } = call;
  if (caller === undefined || request === undefined) throw new Error('an unidentified call has no entry');
  const claim = request.signature;
  return {
    kind: 'call',
    time: call.time,
    requestId: call.requestId,
    version: request.version,
    action: request.action,
    region: home?.region ?? '',
    caller: entryCallerOf(caller),
    sourceIp: raw.remoteAddress,
    userAgent: typeof raw.headers['user-agent'] === 'string' ? raw.headers['user-agent'].slice(0, 256) : '',
    tls: raw.tls,
    parameters: pick(call.parameters, call.operation?.trail.request) ?? {},
    resources: call.resources?.map((resource) => resource.ask.resource) ?? [],
    reasons: call.decision?.reasons ?? [],
    ...(claim && { replay: { token: claim.replayToken, timestamp: claim.timestamp } }),
  };
}

/**
 * Allow-list: what the contract does not name is not kept. `Credentials.Expiration` keeps one member of an object.
 * Undefined where nothing is kept.
 */
function pick(
  values: Readonly<Record<string, unknown>> | undefined,
  names: readonly string[] | undefined,
): Record<string, unknown> | undefined {
  let kept: Record<string, unknown> | undefined;
  if (values === undefined || names === undefined) return kept;
  for (const name of names) {
    const [top = name, member] = name.split('.', 2);
    const value = values[top];
    if (value === undefined) continue;
    kept ??= {};
    kept[top] =
      member === undefined
        ? value
        : {
            ...(kept[top] as object | undefined),
            [member]: (value as Readonly<Record<string, unknown>>)[member],
          };
  }
  return kept;
}
