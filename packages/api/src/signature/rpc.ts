import { percentEncode } from './percent-encode.ts';

/**
 * The string to sign of the RPC style (wire protocol 1.5). `canonicalQuery` covers every parameter of query
 * and form body except `Signature`. The signature is the Base64 HMAC of this under `<secret>&`.
 */
export const rpcStringToSign = (method: 'GET' | 'POST', canonicalQuery: string): string =>
  `${method}&%2F&${percentEncode(canonicalQuery)}`;
