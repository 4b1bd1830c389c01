import { ApiError } from '@keyhold/api/errors.ts';
import type { Directories } from '../ram/directories.ts';
import type { Directory } from '../ram/directory.ts';
import type { LastUses } from '../ram/last-uses.ts';
import type { SignatureClaim, SignedRequest, SigningSecret } from '../wires/request.ts';
import type { AccessKeys } from './access-keys.ts';
import type { Caller, RootCaller, SessionCaller, UserCaller } from './caller.ts';
import { CLOCK_WINDOW_MS } from './clock-window.ts';
import type { ReplayGuard, Seen } from './replay-guard.ts';
import type { Sessions } from './sessions.ts';

export interface Authenticated {
  readonly caller: Caller;
  /** Of the caller's account, as it was when the caller was found in it. */
  readonly directory: Directory;
  /** The parameters the signature covers, and to execute with. */
  readonly parameters: ReadonlyMap<string, string>;
}

export interface AuthenticationPorts {
  readonly accessKeys: AccessKeys;
  readonly sessions: Pick<Sessions, 'isKeyId' | 'open'>;
  readonly lastUses: Pick<LastUses, 'note'>;
  readonly directories: Pick<Directories, 'get'>;
  readonly replayGuard: ReplayGuard;
}

/** Who the key id says it is; the signature has still to prove it. */
interface Claimant {
  readonly caller: Caller;
  readonly directory: Directory;
  readonly secret: SigningSecret;
}

/**
 * Finds out who signed the request, in the vendor's order: key known, key active, clock, token, signature,
 * nonce (wire protocol 5.6). The nonce is looked at after the signature, so that a stranger cannot burn
 * nonces; looking and remembering are one step.
 */
export async function authenticate(
  ports: AuthenticationPorts,
  request: SignedRequest,
  now: number,
): Promise<Authenticated> {
  const claim = request.signature;
  if (claim === undefined) throw new ApiError('MissingAccessKeyId');
  const { accessKeyId } = claim;
  const claimant = ports.sessions.isKeyId(accessKeyId)
    ? await findSession(ports, claim, now)
    : await findAccessKey(ports, claim, now);
  const parameters = claim.verify(claimant.secret);
  refuseReplay(ports.replayGuard.remember(accessKeyId, claim.replayToken, claim.timestamp, now));
  if (claimant.caller.type !== 'assumed-role') ports.lastUses.note(accessKeyId, now);
  return { caller: claimant.caller, directory: claimant.directory, parameters };
}

async function findAccessKey(
  { accessKeys, directories }: AuthenticationPorts,
  claim: SignatureClaim,
  now: number,
): Promise<Claimant> {
  const found = await accessKeys.find(claim.accessKeyId);
  if (found === undefined) throw new ApiError('InvalidAccessKeyId.NotFound');
  const directory = await directories.get(found.row.accountId);
  const caller = holderOf(directory, claim.accessKeyId);
  requireClock(claim, now);
  if (claim.securityToken !== undefined) throw new ApiError('InvalidSecurityToken.MismatchWithAccessKey');
  return { caller, directory, secret: found.secret };
}

/** Who has the access key, which must be active. */
function holderOf(directory: Directory, accessKeyId: string): RootCaller | UserCaller {
  const { accountId } = directory;
  const row = directory.accessKey(accessKeyId);
  const user = row && directory.userById(row.owner);
  if (row === undefined || (user === undefined && row.owner !== 'root')) {
    throw new ApiError('InvalidAccessKeyId.NotFound');
  }
  if (row.status !== 'Active') throw new ApiError('InvalidAccessKeyId.Inactive');
  return user
    ? { type: 'ram-user', accountId, principalId: user.userId, userName: user.userName, accessKeyId }
    : { type: 'root-account', accountId, principalId: accountId, accessKeyId };
}

/** The caller as its account knows it now. Throws where its access key is off, or that or its role is gone. */
export function callerNow(directory: Directory, caller: Caller): Caller {
  if (caller.type === 'oidc-user') return caller;
  if (caller.type !== 'assumed-role') return holderOf(directory, caller.accessKeyId);
  const role = directory.roleById(caller.roleId);
  if (role === undefined) throw new ApiError('InvalidSecurityToken.Expired');
  return { ...caller, roleName: role.roleName };
}

/** A session lives until its time is over or its role is gone, to the millisecond. */
async function findSession(
  { sessions, directories }: AuthenticationPorts,
  claim: SignatureClaim,
  now: number,
): Promise<Claimant> {
  requireClock(claim, now);
  if (claim.securityToken === undefined) throw new ApiError('MissingSecurityToken');
  const session = sessions.open(claim.securityToken);
  if (session === undefined) throw new ApiError('InvalidSecurityToken.Malformed');
  const { accountId, accessKeyId, roleId, sessionName, startedAt, assumedBy, sessionPolicy } = session;
  if (accessKeyId !== claim.accessKeyId) throw new ApiError('InvalidSecurityToken.MismatchWithAccessKey');
  const directory = await directories.get(accountId);
  const role = directory.roleById(roleId);
  if (now >= session.expiresAt || role === undefined) throw new ApiError('InvalidSecurityToken.Expired');
  const caller: SessionCaller = {
    type: 'assumed-role',
    accountId,
    principalId: `${roleId}:${sessionName}`,
    accessKeyId,
    roleId,
    roleName: role.roleName,
    sessionName,
    startedAt,
    assumedBy,
    sessionPolicy,
  };
  return { caller, directory, secret: session.secret };
}

function requireClock(claim: SignatureClaim, now: number): void {
  if (!(Math.abs(now - claim.timestamp) <= CLOCK_WINDOW_MS)) throw new ApiError('InvalidTimeStamp.Expired');
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
