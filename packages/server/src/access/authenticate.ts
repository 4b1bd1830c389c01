import { ApiError } from '@keyhold/api/errors.ts';
import type { SignedRequest } from '../wires/request.ts';
import type { AccessKeys } from './access-keys.ts';
import type { Caller } from './caller.ts';
import { CLOCK_WINDOW_MS } from './clock-window.ts';
import type { ReplayGuard, Seen } from './replay-guard.ts';

export interface Authenticated {
  readonly caller: Caller;
  /** The parameters the signature covers, and to execute with. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Finds out who signed the request, in the vendor's order: key known, key active, clock, token, signature,
 * nonce (wire protocol 5.6). The nonce is looked at after the signature, so that a stranger cannot burn
 * nonces; looking and remembering are one step.
 */
export async function authenticate(
  ports: { readonly accessKeys: AccessKeys; readonly replayGuard: ReplayGuard },
  request: SignedRequest,
  now: number,
): Promise<Authenticated> {
  const claim = request.signature;
  if (claim === undefined) throw new ApiError('MissingAccessKeyId');
  const accessKey = await ports.accessKeys.find(claim.accessKeyId);
  if (accessKey === undefined) throw new ApiError('InvalidAccessKeyId.NotFound');
  const { row, secret } = accessKey;
  if (row.status !== 'Active') throw new ApiError('InvalidAccessKeyId.Inactive');
  if (!(Math.abs(now - claim.timestamp) <= CLOCK_WINDOW_MS)) throw new ApiError('InvalidTimeStamp.Expired');
  if (claim.securityToken !== undefined) throw new ApiError('InvalidSecurityToken.MismatchWithAccessKey');
  const parameters = claim.verify(secret);
  refuseReplay(ports.replayGuard.remember(row.accessKeyId, claim.replayToken, claim.timestamp, now));
  const caller: Caller = {
    accountId: row.accountId,
    type: 'root-account',
    principalId: row.accountId,
    accessKeyId: row.accessKeyId,
  };
  return { caller, parameters };
}

function refuseReplay(seen: Seen): void {
  if (seen === 'expired') throw new ApiError('InvalidTimeStamp.Expired');
  if (seen === 'used') throw new ApiError('SignatureNonceUsed');
  if (seen === 'full') {
    throw new ApiError('Rejected.Throttling', {
      reason: 'the memory for request nonces is full; it empties as requests of the last 15 minutes expire',
    });
  }
}
