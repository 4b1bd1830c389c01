import type { Pair } from './canonical-query.ts';
import { canonicalQuery } from './canonical-query.ts';

/** What the header signature covers (wire protocol 2.4). */
export interface Acs3Request {
  readonly method: 'GET' | 'POST';
  /** Decoded parameters of the query alone; those of a body are covered by `payloadHash`. */
  readonly query: Iterable<Pair>;
  /** Lower-case names. Must hold every one of `signedHeaders`. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Lower-case names, ascending. */
  readonly signedHeaders: readonly string[];
  /** Lower-case hex digest of the raw body, as in `x-acs-content-sha256`. */
  readonly payloadHash: string;
}

/** The canonical request. The path of the RPC products is always `/`. */
export function acs3CanonicalRequest(request: Acs3Request): string {
  let headers = '';
  for (const name of request.signedHeaders) headers += `${name}:${headerText(request.headers[name])}\n`;
  return `${request.method}\n/\n${canonicalQuery(request.query)}\n${headers}\n${request.signedHeaders.join(';')}\n${request.payloadHash}`;
}

/** `algorithm` as in the Authorization header, for example `ACS3-HMAC-SHA256`; the hash in lower-case hex. */
export const acs3StringToSign = (algorithm: string, canonicalRequestHash: string): string =>
  `${algorithm}\n${canonicalRequestHash}`;

function headerText(value: string | readonly string[] | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value.trim();
  return value
    .map((each) => each.trim())
    .sort()
    .join(',');
}
