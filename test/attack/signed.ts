import { createHash, createHmac, randomUUID } from 'node:crypto';
import { acs3CanonicalRequest, acs3StringToSign } from '@keyhold/api/signature/acs3.ts';
import { canonicalQuery } from '@keyhold/api/signature/canonical-query.ts';
import { type Credentials, type Parameters, signedTarget } from '../server.ts';
import type { RawAnswer } from './raw-http.ts';

/** A POST that can be sent as often as one likes. */
export interface Signed {
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function signRpc(action: string, parameters: Parameters, credentials: Credentials): Signed {
  return { target: signedTarget(action, parameters, credentials), headers: {}, body: '' };
}

/** With every parameter in the query, as the generated clients send them. */
export function signAcs3(
  action: string,
  parameters: Parameters,
  { accessKeyId, accessKeySecret }: Credentials,
  nonce: string = randomUUID(),
): Signed {
  const query = Object.entries(parameters).map(([name, value]) => [name, String(value)] as const);
  const payloadHash = createHash('sha256').update('').digest('hex');
  const headers = {
    'x-acs-action': action,
    'x-acs-content-sha256': payloadHash,
    'x-acs-date': new Date().toISOString().replace(/\.\d+/, ''),
    'x-acs-signature-nonce': nonce,
    'x-acs-version': '2016-01-20',
  };
  const signedHeaders = Object.keys(headers).sort();
  const canonical = acs3CanonicalRequest({ method: 'POST', query, headers, signedHeaders, payloadHash });
  const hashed = createHash('sha256').update(canonical).digest('hex');
  const signature = createHmac('sha256', accessKeySecret)
    .update(acs3StringToSign('ACS3-HMAC-SHA256', hashed))
    .digest('hex');
  const authorization = `ACS3-HMAC-SHA256 Credential=${accessKeyId},SignedHeaders=${signedHeaders.join(';')},Signature=${signature}`;
  return { target: `/?${canonicalQuery(query)}`, headers: { ...headers, authorization }, body: '' };
}

export async function post(url: string, { target, headers, body }: Signed): Promise<RawAnswer> {
  const response = await fetch(url + target, { method: 'POST', headers: { ...headers }, body });
  const lines = [...response.headers].map(([name, value]) => `${name}: ${value}`.toLowerCase());
  return { status: response.status, headers: lines.join('\r\n'), body: await response.text() };
}
