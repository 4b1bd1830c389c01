import type { ClientOptions } from '../client.ts';
import { createStsClient } from '../sts.ts';
import type { CredentialProvider, Credentials } from './credentials.ts';

export interface Role {
  /** `acs:ram::<account>:role/<name>` */
  readonly roleArn: string;
  /** Shows in the trail who acts; `keyhold-client` where absent. */
  readonly sessionName?: string | undefined;
  /** An hour where absent. */
  readonly durationSeconds?: number | undefined;
  /** Policy as JSON text: the session may only what it allows, too. */
  readonly policy?: string | undefined;
  readonly externalId?: string | undefined;
}

interface Session {
  readonly credentials: Credentials;
  readonly endsAt: number;
  /** When to get the next one, while this one still serves. */
  refreshAt: number;
}

const HOUR_SECONDS = 3600;
const REFRESH_AHEAD_MS = 5 * 60_000;
/** A request on its way must arrive before the end. */
const SPARE_MS = 60_000;
const RETRY_MS = 10_000;

/** Credentials of a role, assumed with those of `sts` and renewed five minutes before they end. */
export function assumeRole(role: Role, sts: ClientOptions): CredentialProvider {
  const client = createStsClient(sts);
  let session: Session | undefined;
  let coming: Promise<Session> | undefined;

  const renew = (): Promise<Session> => {
    coming ??= open()
      .then((opened) => {
        session = opened;
        return opened;
      })
      .finally(() => {
        coming = undefined;
      });
    return coming;
  };

  async function open(): Promise<Session> {
    const asked = Date.now();
    const durationSeconds = role.durationSeconds ?? HOUR_SECONDS;
    const parameters = {
      RoleArn: role.roleArn,
      RoleSessionName: role.sessionName ?? 'keyhold-client',
      DurationSeconds: durationSeconds,
      Policy: role.policy,
      ExternalId: role.externalId,
    };
    // A session that nobody heard of harms nobody, so AssumeRole may be repeated.
    const { Credentials: issued } = await client.AssumeRole(parameters, { effect: 'use' });
    const {
      AccessKeyId: accessKeyId,
      AccessKeySecret: accessKeySecret,
      SecurityToken: securityToken,
    } = issued;
    // By the duration where the clock here is behind that of the server.
    const endsAt = Math.min(Date.parse(issued.Expiration), asked + durationSeconds * 1000);
    return {
      credentials: { accessKeyId, accessKeySecret, securityToken },
      endsAt: endsAt - SPARE_MS,
      refreshAt: endsAt - REFRESH_AHEAD_MS,
    };
  }

  return async () => {
    const now = Date.now();
    if (session === undefined || now >= session.endsAt) return (await renew()).credentials;
    const current = session;
    if (now >= current.refreshAt) {
      renew().catch(() => {
        current.refreshAt = Date.now() + RETRY_MS;
      });
    }
    return current.credentials;
  };
}
