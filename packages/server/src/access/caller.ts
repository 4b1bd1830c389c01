import { type Arn, identityArn, rootArn, sessionArn } from '@keyhold/api/arn.ts';
import type { OidcToken } from '../oidc/token.ts';
import type { EntryCaller } from '../trail/entry.ts';
import type { NamedPolicy } from './policy/policy.ts';

/** Who is calling, once the signature was found right. Types are named as the trail names them (ActionTrail 3). */
export type Caller = RootCaller | UserCaller | SessionCaller | BearerCaller;

interface Identified {
  readonly accountId: string;
  readonly principalId: string;
  readonly accessKeyId: string;
}

/** The account itself, which may do everything in its own account. */
export interface RootCaller extends Identified {
  readonly type: 'root-account';
}

/** `principalId` is the user id. */
export interface UserCaller extends Identified {
  readonly type: 'ram-user';
  readonly userName: string;
}

/** A session of a role; `principalId` is `<role id>:<session name>`. */
export interface SessionCaller extends Identified {
  readonly type: 'assumed-role';
  readonly roleId: string;
  readonly roleName: string;
  readonly sessionName: string;
  readonly startedAt: number;
  /** Principal id of who assumed the role. */
  readonly assumedBy: string;
  /** What the session was narrowed to when it was made. */
  readonly sessionPolicy: NamedPolicy | undefined;
}

/** The bearer of a valid token of a registered issuer, who has no session yet; `principalId` is the subject. */
export interface BearerCaller extends Identified {
  readonly type: 'oidc-user';
  readonly providerName: string;
  readonly token: OidcToken;
}

/** As GetCallerIdentity tells it (RAM 1.1). */
export function callerArn(caller: Exclude<Caller, BearerCaller>): Arn {
  switch (caller.type) {
    case 'root-account':
      return rootArn(caller.accountId);
    case 'ram-user':
      return identityArn(caller.accountId, 'user', caller.userName);
    case 'assumed-role':
      return sessionArn(caller.accountId, caller.roleName, caller.sessionName);
  }
}

export function entryCallerOf(caller: Caller): EntryCaller {
  const { type, accountId, principalId, accessKeyId } = caller;
  const identified = { type, accountId, principalId, accessKeyId };
  if (caller.type === 'ram-user') return { ...identified, userName: caller.userName };
  if (caller.type !== 'assumed-role') return identified;
  const { roleName, sessionName, startedAt, assumedBy } = caller;
  return { ...identified, userName: `${roleName}:${sessionName}`, session: { startedAt, assumedBy } };
}
