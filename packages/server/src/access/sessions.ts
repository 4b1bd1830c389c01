import { LRUCache } from 'lru-cache';
import type { DomainKey } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';
import type { SigningSecret } from '../wires/request.ts';
import { createSigningSecret } from '../wires/signing-secret.ts';
import { newSessionKeyId } from './access-keys.ts';
import { parsePolicy } from './policy/parse.ts';
import type { NamedPolicy } from './policy/policy.ts';

/** What a security token says; all of it is authenticated, nothing of it is stored. Dates in milliseconds. */
export interface SessionTerms {
  readonly accountId: string;
  readonly roleId: string;
  readonly sessionName: string;
  /** Principal id of who assumed the role. */
  readonly assumedBy: string;
  readonly startedAt: number;
  readonly expiresAt: number;
  /** Session policy as it was given. */
  readonly policy?: string | undefined;
}

export interface Session extends SessionTerms {
  readonly accessKeyId: string;
  readonly secret: SigningSecret;
  readonly sessionPolicy: NamedPolicy | undefined;
}

export interface IssuedSession {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
}

/** Opened tokens kept at most; opening one costs an unwrapping and the reading of its policy. */
const IN_MEMORY = 10_000;
/** And of all their tokens together at most so many characters. */
const CHARS_IN_MEMORY = 16 * 1024 * 1024;
/** A session policy has at most 2048 characters; longer texts are not worth decoding for strangers. */
const MAX_TOKEN_CHARS = 16_384;
const PURPOSE = ['session'];

/**
 * Sessions of roles, without a row: the token is sealed under the domain key, and the secret follows from the
 * access key id. What ends a session early is the deletion of its role.
 */
export class Sessions {
  readonly #domainKey: DomainKey;
  readonly #opened = new LRUCache<string, Session>({
    max: IN_MEMORY,
    maxSize: CHARS_IN_MEMORY,
    sizeCalculation: (_, securityToken) => securityToken.length,
  });

  constructor(domainKey: DomainKey) {
    this.#domainKey = domainKey;
  }

  /** Whether an access key id is one of a session: the prefix alone says so (RAM 1.2). */
  isKeyId(accessKeyId: string): boolean {
    return accessKeyId.startsWith('STS.');
  }

  issue(terms: SessionTerms): IssuedSession {
    const accessKeyId = newSessionKeyId();
    using content = new SecretBytes(Buffer.from(JSON.stringify({ ...terms, accessKeyId })));
    const securityToken = this.#domainKey.sealMessage(PURPOSE, content).toString('base64');
    return { accessKeyId, accessKeySecret: this.#secretOf(accessKeyId), securityToken };
  }

  /** Undefined for a token that this server did not issue. Whether it has expired is for the caller to see. */
  open(securityToken: string): Session | undefined {
    if (securityToken.length > MAX_TOKEN_CHARS) return undefined;
    const known = this.#opened.get(securityToken);
    if (known) return known;
    const session = this.#read(securityToken);
    if (session !== undefined) this.#opened.set(securityToken, session);
    return session;
  }

  #read(securityToken: string): Session | undefined {
    const sealed = Buffer.from(securityToken, 'base64');
    // The same bytes in another spelling are another token, and not one that was issued.
    if (sealed.toString('base64') !== securityToken) return undefined;
    try {
      using content = this.#domainKey.openMessage(PURPOSE, sealed);
      const terms: SessionTerms & { accessKeyId: string } = JSON.parse(
        Buffer.from(content.open()).toString(),
      );
      return {
        ...terms,
        secret: createSigningSecret(this.#secretOf(terms.accessKeyId)),
        sessionPolicy:
          terms.policy === undefined
            ? undefined
            : { name: 'session policy', policy: parsePolicy(terms.policy, 'session') },
      };
    } catch {
      return undefined;
    }
  }

  /** 43 letters and digits. */
  #secretOf(accessKeyId: string): string {
    const bytes = this.#domainKey.mac(['secret of a session', accessKeyId]);
    return bytes.toString('base64url').replaceAll('-', 'x').replaceAll('_', 'y');
  }
}
