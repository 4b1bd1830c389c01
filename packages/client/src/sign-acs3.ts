import { type Acs3Request, acs3CanonicalRequest, acs3StringToSign } from '@keyhold/api/signature/acs3.ts';

const ALGORITHM = 'ACS3-HMAC-SHA256';

export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** With temporary keys only. */
  readonly securityToken?: string | undefined;
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
  const toSign = acs3StringToSign(ALGORITHM, await sha256Hex(canonicalRequest));
  const signature = await hmacHex(accessKeySecret, toSign);
  return `${ALGORITHM} Credential=${accessKeyId},SignedHeaders=${signedHeaders.join(';')},Signature=${signature}`;
}

export async function sha256Hex(text: string): Promise<string> {
  return hex(await crypto.subtle.digest('SHA-256', utf8(text)));
}

async function hmacHex(secret: string, text: string): Promise<string> {
  const scheme = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', utf8(secret), scheme, false, ['sign']);
  return hex(await crypto.subtle.sign('HMAC', key, utf8(text)));
}

const isSigned = (name: string): boolean =>
  name === 'host' || name === 'content-type' || name.startsWith('x-acs-');

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
