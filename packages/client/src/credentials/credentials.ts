export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** With temporary keys only. */
  readonly securityToken?: string | undefined;
}

/** Asked before every attempt; keeps what it found, and renews it, by itself. */
export type CredentialProvider = () => Promise<Credentials>;

/** A place where credentials may be. */
export interface CredentialSource {
  /** As the error says it: `the environment`. */
  readonly name: string;
  /** A text where it holds none: why. Throws CredentialsError where what it holds cannot be used. */
  find(): Promise<CredentialProvider | string>;
}

/** There are no credentials, or there are and they cannot be used. Never quotes a secret. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

const PRINTABLE = /^[!-~]*$/;

/** Throws CredentialsError where a header cannot carry the id or the token: `fetch` would quote them in its error. */
export function sendable(credentials: Credentials): Credentials {
  const { accessKeyId, securityToken = '' } = credentials;
  for (const [name, value] of [
    ['access key id', accessKeyId],
    ['security token', securityToken],
  ] as const) {
    if (PRINTABLE.test(value)) continue;
    throw new CredentialsError(
      `the ${name} holds a line break, a space or another character that none has: copy it again`,
    );
  }
  return credentials;
}

/** The first source that holds credentials serves from then on; a failure is not remembered. */
export function firstOf(sources: readonly CredentialSource[]): CredentialProvider {
  let found: CredentialProvider | undefined;
  return async () => {
    found ??= await find(sources);
    return found();
  };
}

async function find(sources: readonly CredentialSource[]): Promise<CredentialProvider> {
  const looked: string[] = [];
  for (const source of sources) {
    const result = await source.find();
    if (typeof result !== 'string') return result;
    looked.push(`${source.name} (${result})`);
  }
  throw new CredentialsError(`no credentials: looked at ${looked.join(', ')}`);
}
