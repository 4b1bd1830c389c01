import { signAcs3 } from './acs3.ts';
import type { Sign } from './outgoing.ts';
import { signRpc } from './rpc.ts';

/** The signature schemes by the names they have on the wire. */
export const SCHEMES = {
  'ACS3-HMAC-SHA256': signAcs3,
  'HMAC-SHA1': (call, credentials) => signRpc('HMAC-SHA1', call, credentials),
  'HMAC-SHA256': (call, credentials) => signRpc('HMAC-SHA256', call, credentials),
} as const satisfies Record<string, Sign>;

export type SignatureScheme = keyof typeof SCHEMES;
