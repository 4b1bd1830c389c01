import { type Acs3Request, acs3CanonicalRequest, acs3StringToSign } from '@keyhold/api/signature/acs3.ts';
import { canonicalQuery } from '@keyhold/api/signature/canonical-query.ts';
import type { Credentials } from '../credentials/credentials.ts';
import { hex, hmac, sha256 } from './digest.ts';
import { FORM, type Outgoing, type SignedRequest, timeText } from './outgoing.ts';

const ALGORITHM = 'ACS3-HMAC-SHA256';

/** The header signature (wire protocol 2). */
export async function signAcs3(call: Outgoing, credentials: Credentials): Promise<SignedRequest> {
  const body = canonicalQuery(call.parameters);
  const sent = {
    ...FORM,
    'x-acs-action': call.action,
    'x-acs-content-sha256': hex(await sha256(body)),
    'x-acs-date': timeText(call.time),
    'x-acs-signature-nonce': call.nonce,
    'x-acs-version': call.version,
    ...(credentials.securityToken === undefined ? {} : { 'x-acs-security-token': credentials.securityToken }),
  };
  // Signed and not set: fetch does that by itself, and browsers refuse to let it be set.
  const headers = { ...sent, host: call.host };
  return {
    headers: {
      ...sent,
      authorization: await authorization({ method: 'POST', query: [], headers }, credentials),
    },
    body,
  };
}

/** A request without its Authorization; the names of `headers` are in lower case. */
export interface UnsignedRequest {
  readonly method: 'GET' | 'POST';
  readonly query: Acs3Request['query'];
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The Authorization header (wire protocol 2.3 to 2.5). Signs `host`, `content-type` and every `x-acs-*` header
 * there is; `x-acs-content-sha256` must be among them.
 */
export async function authorization(
  request: UnsignedRequest,
  { accessKeyId, accessKeySecret }: Credentials,
): Promise<string> {
  const signedHeaders = Object.keys(request.headers).filter(isSigned).sort();
  const payloadHash = request.headers['x-acs-content-sha256'] ?? '';
  const canonicalRequest = acs3CanonicalRequest({ ...request, signedHeaders, payloadHash });
  const toSign = acs3StringToSign(ALGORITHM, hex(await sha256(canonicalRequest)));
  const signature = hex(await hmac('SHA-256', accessKeySecret, toSign));
  return `${ALGORITHM} Credential=${accessKeyId},SignedHeaders=${signedHeaders.join(';')},Signature=${signature}`;
}

const isSigned = (name: string): boolean =>
  name === 'host' || name === 'content-type' || name.startsWith('x-acs-');
