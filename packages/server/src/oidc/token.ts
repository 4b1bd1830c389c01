import { ApiError } from '@keyhold/api/errors.ts';
import { ISSUANCE_LIMIT_HOURS } from '@keyhold/api/ims/oidc-providers.ts';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { OidcProvider } from '../ram/records.ts';
import type { Issuers } from './issuers.ts';

/** What an issuer says of the bearer. Dates in milliseconds. */
export interface OidcToken {
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** How far the clock of an issuer may be off, either way. */
const CLOCK_TOLERANCE_MS = 30_000;
const ISSUANCE_LIMIT_MS = ISSUANCE_LIMIT_HOURS * 3_600_000;

/** Signatures with a key pair. `none` is no signature, and for HS256 the public key would do as the secret. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** OpenID Connect Core 2 allows 255 ASCII characters; they show in the trail. */
const SUBJECT = /^[\x20-\x7e]{1,255}$/;

const invalid = (): ApiError => new ApiError('AuthenticationFail.OIDCToken.Invalid');

/**
 * Reads a token that the provider's issuer signed for one of its client ids. What is cheap comes first; what is
 * wrong is not told, but that a token which was right is too old.
 */
export async function verifyToken(
  issuers: Issuers,
  provider: Pick<OidcProvider, 'issuerUrl' | 'clientIds'>,
  token: string,
  now: number,
): Promise<OidcToken> {
  const read = readToken(token, provider);
  if (read === undefined || !(await issuers.signed(provider.issuerUrl, token, ALGORITHMS))) throw invalid();
  const { issuedAt, expiresAt, notBefore } = read;
  if (Math.max(issuedAt, notBefore) > now + CLOCK_TOLERANCE_MS) throw invalid();
  if (now >= expiresAt + CLOCK_TOLERANCE_MS || now > issuedAt + ISSUANCE_LIMIT_MS) {
    throw new ApiError('AuthenticationFail.OIDCToken.Expired');
  }
  return read;
}

interface ReadToken extends OidcToken {
  readonly notBefore: number;
}

/** What the token says, believed only once its signature is found right. Undefined where it cannot be right. */
function readToken(
  token: string,
  { issuerUrl, clientIds }: Pick<OidcProvider, 'issuerUrl' | 'clientIds'>,
): ReadToken | undefined {
  if (!isCanonical(token)) return undefined;
  const read = decode(token);
  if (read === undefined || !isSignedToken(read.header)) return undefined;
  const { iss, sub, aud, azp, iat, exp, nbf } = read.claims;
  const audiences = typeof aud === 'string' ? [aud] : aud;
  // Core 3.1.3.7: no audience besides those that are trusted, and the same for whom the token was made.
  const isForUs = (id: unknown) => typeof id === 'string' && clientIds.includes(id);
  if (iss !== issuerUrl || typeof sub !== 'string' || !SUBJECT.test(sub)) return undefined;
  if (!Array.isArray(audiences) || audiences.length === 0 || !audiences.every(isForUs)) return undefined;
  if (azp !== undefined && !isForUs(azp)) return undefined;
  if (!isTime(iat) || !isTime(exp) || !(nbf === undefined || isTime(nbf))) return undefined;
  return {
    issuer: iss,
    subject: sub,
    audiences,
    issuedAt: iat * 1000,
    expiresAt: exp * 1000,
    notBefore: nbf === undefined ? Number.NEGATIVE_INFINITY : nbf * 1000,
  };
}

/** Seconds, as far as dates go. */
const isTime = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) <= 8.64e12;

/** The same bytes in another spelling are another token. */
function isCanonical(token: string): boolean {
  const parts = token.split('.');
  return (
    parts.length === 3 && parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)
  );
}

function decode(token: string) {
  try {
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch {
    return undefined;
  }
}

/** A token of identity: logout tokens and the like say in `typ` that they are none (RFC 8725, 3.11). */
function isSignedToken({ alg, typ, crit }: ReturnType<typeof decodeProtectedHeader>): boolean {
  const isPlain = crit === undefined && (typ === undefined || String(typ).toUpperCase() === 'JWT');
  return isPlain && typeof alg === 'string' && ALGORITHMS.includes(alg);
}
