import { canonicalQuery, type Pair } from '@keyhold/api/signature/canonical-query.ts';
import { percentEncode } from '@keyhold/api/signature/percent-encode.ts';
import { rpcStringToSign } from '@keyhold/api/signature/rpc.ts';
import type { Credentials } from '../credentials/credentials.ts';
import { base64, hmac } from './digest.ts';
import { FORM, type Outgoing, type SignedRequest, timeText } from './outgoing.ts';

const HASHES = { 'HMAC-SHA1': 'SHA-1', 'HMAC-SHA256': 'SHA-256' } as const;
export type RpcAlgorithm = keyof typeof HASHES;

/** The RPC style, signature version 1 (wire protocol 1), with everything in the form body. */
export async function signRpc(
  algorithm: RpcAlgorithm,
  call: Outgoing,
  credentials: Credentials,
): Promise<SignedRequest> {
  const pairs: Pair[] = [
    ...commonParameters(call),
    ['AccessKeyId', credentials.accessKeyId],
    ['SignatureMethod', algorithm],
    ['SignatureVersion', '1.0'],
    ...call.parameters,
  ];
  if (credentials.securityToken !== undefined) pairs.push(['SecurityToken', credentials.securityToken]);
  const query = canonicalQuery(pairs);
  const signature = await rpcSignature(
    algorithm,
    rpcStringToSign('POST', query),
    credentials.accessKeySecret,
  );
  return { headers: FORM, body: `${query}&Signature=${percentEncode(signature)}` };
}

/** Base64 of the HMAC under the secret and an ampersand (wire protocol 1.5). */
export const rpcSignature = async (
  algorithm: RpcAlgorithm,
  stringToSign: string,
  secret: string,
): Promise<string> => base64(await hmac(HASHES[algorithm], `${secret}&`, stringToSign));

/** For operations that come without access key and signature (wire protocol 2.8). */
export const unsignedRpc = (call: Outgoing): SignedRequest => ({
  headers: FORM,
  body: canonicalQuery([...commonParameters(call), ...call.parameters]),
});

const commonParameters = (call: Outgoing): Pair[] => [
  ['Action', call.action],
  ['Format', 'JSON'],
  ['SignatureNonce', call.nonce],
  ['Timestamp', timeText(call.time)],
  ['Version', call.version],
];
