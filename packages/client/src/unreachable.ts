import { KmsUnreachable } from './kms-error.ts';

const CLOSED = 'closed the connection before it answered: if it expects https, say https:// in the endpoint';
const UNTRUSTED = 'shows a certificate that is not trusted here: name its CA file in NODE_EXTRA_CA_CERTS';
const PLAIN = 'does not speak TLS: say http:// in the endpoint, if it is meant to be plain';
const FAR = 'cannot be reached from this machine: check the network';

/** What the error codes of Node mean to the person in front of it; browsers tell nothing. */
const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection: is the server running, and is the port right?',
  ENOTFOUND: 'is not known by name: check the host name of the endpoint',
  EAI_AGAIN: 'cannot be looked up now: check the name server of this machine',
  ECONNRESET: CLOSED,
  UND_ERR_SOCKET: CLOSED,
  EHOSTUNREACH: FAR,
  ENETUNREACH: FAR,
  ERR_SSL_WRONG_VERSION_NUMBER: PLAIN,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: PLAIN,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  CERT_HAS_EXPIRED: 'shows a certificate that has expired: have it renewed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'shows a certificate for another name: use the name or address it is for',
};

/** What `fetch` threw, in words that name the endpoint (`origin`) and a remedy. */
export function unreachable(origin: string, timeoutMs: number, error: unknown): KmsUnreachable {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const row = Object.hasOwn(CAUSES, code) ? CAUSES[code] : undefined;
  const message = isTimeout(error)
    ? `did not answer within ${timeoutMs / 1000} s: is the server busy or the network blocked?`
    : (row ?? `cannot be reached (${cause instanceof Error ? cause.message : String(cause)})`);
  return new KmsUnreachable(`${origin} ${message}`, { cause: error });
}

const isTimeout = (error: unknown): boolean => error instanceof Error && error.name === 'TimeoutError';
