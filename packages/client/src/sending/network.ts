import { KmsUnreachable } from '../kms-error.ts';
import { MAYBE_DONE, NOT_HERE, NOT_SENT, type Verdict } from './verdict.ts';

interface Row {
  readonly words: string;
  readonly verdict: Verdict;
}

const row = (verdict: Verdict, words: string): Row => ({ verdict, words });

const closed = row(
  MAYBE_DONE,
  'closed the connection before it answered: if it expects https, say https:// in the endpoint',
);
const far = row(NOT_SENT, 'cannot be reached from this machine: check the network');
const plain = row(NOT_HERE, 'does not speak TLS: say http:// in the endpoint, if it is meant to be plain');
const untrusted = row(
  NOT_HERE,
  'shows a certificate that is not trusted here: give its CA to the client, or name the file in NODE_EXTRA_CA_CERTS',
);

/** Of ports that `fetch` does not connect to; Node gives no code. */
const BAD_PORT = 'bad port';

/** What the error codes of Node mean to the person in front of it, and to the next attempt. */
const CAUSES: Readonly<Record<string, Row>> = {
  ECONNREFUSED: row(NOT_SENT, 'refused the connection: is the server running, and is the port right?'),
  ENOTFOUND: row(NOT_HERE, 'is not known by name: check the host name of the endpoint'),
  EAI_AGAIN: row(NOT_SENT, 'cannot be looked up now: check the name server of this machine'),
  EHOSTUNREACH: far,
  ENETUNREACH: far,
  UND_ERR_CONNECT_TIMEOUT: far,
  ECONNRESET: closed,
  EPIPE: closed,
  UND_ERR_SOCKET: closed,
  ERR_SSL_WRONG_VERSION_NUMBER: plain,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: plain,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  [BAD_PORT]: row(NOT_HERE, 'cannot be reached: Node refuses this port, as browsers do; use another'),
  CERT_HAS_EXPIRED: row(NOT_HERE, 'shows a certificate that has expired: have it renewed'),
  ERR_TLS_CERT_ALTNAME_INVALID: row(
    NOT_HERE,
    'shows a certificate for another name: use the name or address it is for',
  ),
};

const causeOf = (code: string): Row | undefined => (Object.hasOwn(CAUSES, code) ? CAUSES[code] : undefined);

/** What became of a request without an answer; where nothing is known, it may have been carried out. */
export const verdictOfNetwork = ({ code }: KmsUnreachable): Verdict => causeOf(code)?.verdict ?? MAYBE_DONE;

/** What `fetch` threw, in words that name the endpoint (`origin`) and a remedy. */
export function unreachable(origin: string, error: unknown): KmsUnreachable {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error ? codeOf(cause) : '';
  const words =
    causeOf(code)?.words ?? `cannot be reached (${cause instanceof Error ? cause.message : String(cause)})`;
  return new KmsUnreachable(`${origin} ${words}`, code, { cause: error });
}

function codeOf(cause: Error): string {
  if ('code' in cause) return String(cause.code);
  return cause.message === BAD_PORT ? BAD_PORT : '';
}

export const tooSlow = (origin: string, timeoutMs: number, error: unknown): KmsUnreachable =>
  new KmsUnreachable(
    `${origin} did not answer within ${timeoutMs / 1000} s: is the server busy or the network blocked?`,
    'TIMEOUT',
    { cause: error },
  );
