import { hash as digest, timingSafeEqual } from 'node:crypto';
import { ApiError } from '@keyhold/api/errors.ts';
import { acs3CanonicalRequest, acs3StringToSign } from '@keyhold/api/signature/acs3.ts';
import type { Pair } from '@keyhold/api/signature/canonical-query.ts';
import type { Acs3Authorization } from './acs3-authorization.ts';
import type { RawRequest, SigningSecret } from './request.ts';

/** What a header signature is about. */
export interface Acs3Signed {
  readonly raw: RawRequest;
  readonly method: 'GET' | 'POST';
  readonly authorization: Acs3Authorization;
  readonly query: readonly Pair[];
  /** The digest of the body that the client claims. */
  readonly claimedHash: string;
}

/** Throws SignatureDoesNotMatch with the canonical request, which is what makes debugging possible. */
export function verifyAcs3(signed: Acs3Signed, secret: SigningSecret): void {
  const { hash, algorithm, signedHeaders, signature } = signed.authorization;
  const payloadHash = digest(hash, signed.raw.body);
  const canonicalRequest = acs3CanonicalRequest({
    method: signed.method,
    query: signed.query,
    headers: signed.raw.headers,
    signedHeaders,
    payloadHash,
  });
  const stringToSign = acs3StringToSign(algorithm, digest(hash, canonicalRequest));
  const expected = mac(signed.authorization, secret, stringToSign);
  if (payloadHash === signed.claimedHash && timingSafeEqual(expected, signature)) return;
  throw new ApiError('SignatureDoesNotMatch', {}, { message: mismatch(stringToSign, canonicalRequest) });
}

function mac({ hash, scope }: Acs3Authorization, secret: SigningSecret, stringToSign: string): Buffer {
  return scope
    ? secret.acs4(scope.date, scope.region, scope.product, stringToSign)
    : secret.acs3(hash, stringToSign);
}

/** Wire protocol 3.5. No client parses it. */
const mismatch = (stringToSign: string, canonicalRequest: string): string =>
  `Specified signature does not match our calculation. server StringToSign is [${stringToSign}] server CanonicalRequest is [${canonicalRequest}]`;
