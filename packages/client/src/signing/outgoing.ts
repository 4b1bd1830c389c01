import type { Pair } from '@keyhold/api/signature/canonical-query.ts';
import type { Credentials } from '../credentials/credentials.ts';

/** A call before it is signed. Time and nonce are of one attempt: a repeated one is signed anew. */
export interface Outgoing {
  /** With the port, unless it is the scheme's own. */
  readonly host: string;
  readonly action: string;
  readonly version: string;
  readonly parameters: readonly Pair[];
  readonly time: Date;
  readonly nonce: string;
}

/** A POST to `/`. Parameters are in the body and never in the URL, which proxies log. */
export interface SignedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Sign = (call: Outgoing, credentials: Credentials) => Promise<SignedRequest>;

export const FORM = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };

/** `yyyy-MM-ddTHH:mm:ssZ` (wire protocol 1.2). */
export const timeText = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, 'Z');
