import { discoveryUrl, isKeysUrl } from '@keyhold/api/ims/issuer-url.ts';
import { compactVerify, createLocalJWKSet, errors } from 'jose';
import { fetchDocument } from './fetch-document.ts';

/** Keys of one issuer that a token may be tried with, where it does not say which or they share a name. */
const MAX_TRIES = 4;

/** The public keys of one issuer, and of no other. */
export type KeySet = ReturnType<typeof createLocalJWKSet>;

/** From where the issuer's discovery document says, if that speaks for the issuer itself. Throws where not. */
export async function fetchKeySet(issuerUrl: string, signal: AbortSignal): Promise<KeySet> {
  const discovered = await fetchDocument(discoveryUrl(issuerUrl), signal);
  const { issuer, jwks_uri: keysUrl } = members(discovered);
  if (issuer !== issuerUrl) throw new Error(`the discovery document of ${issuerUrl} names another issuer`);
  if (typeof keysUrl !== 'string' || !isKeysUrl(keysUrl, issuerUrl)) {
    throw new Error(`the discovery document of ${issuerUrl} has no https address of keys`);
  }
  const { keys } = members(await fetchDocument(keysUrl, signal));
  if (!Array.isArray(keys)) throw new Error(`${keysUrl} has no list of keys`);
  return createLocalJWKSet({ keys });
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Whether a key of the set signed the token. */
export async function isSignedBy(keySet: KeySet, token: string, algorithms: string[]): Promise<boolean> {
  try {
    await compactVerify(token, keySet, { algorithms });
    return true;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return false;
    return isSignedByOneOf(error, token, algorithms);
  }
}

async function isSignedByOneOf(
  keys: AsyncIterable<CryptoKey>,
  token: string,
  algorithms: string[],
): Promise<boolean> {
  let tries = 0;
  for await (const key of keys) {
    if (++tries > MAX_TRIES) break;
    const signed = await compactVerify(token, key, { algorithms }).then(
      () => true,
      () => false,
    );
    if (signed) return true;
  }
  return false;
}
