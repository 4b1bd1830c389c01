import { KMS } from '@keyhold/api/kms/product.ts';
import type { Operation, RequestOf, ResponseOf } from '@keyhold/api/operation.ts';
import { writeParameters } from '@keyhold/api/parameters.ts';
import { canonicalQuery } from '@keyhold/api/signature/canonical-query.ts';
import { type Received, readAnswer } from './answer.ts';
import { KmsUnreachable } from './kms-error.ts';
import { authorization, type Credentials, sha256Hex } from './sign-acs3.ts';

export interface ClientOptions extends Credentials {
  /** Scheme, host and port: `https://kms.example.internal:8443`. */
  readonly endpoint: string;
  /** Where absent, the server takes its default region. */
  readonly region?: string | undefined;
  /** For a whole call, in milliseconds; 10 seconds where absent. */
  readonly timeoutMs?: number | undefined;
  /** Where absent, the runtime's own. */
  readonly fetch?: typeof fetch | undefined;
}

export interface Client {
  /**
   * Carries out one operation of the contract and checks the answer's shape; members this client does not
   * know are kept. Never repeats a call. Throws z.ZodError for parameters that do not fit, KmsError,
   * KmsUnreachable, UnexpectedAnswer.
   */
  call<O extends Operation>(operation: O, parameters: RequestOf<O>): Promise<Answer<O>>;
}

export type Answer<O extends Operation> = ResponseOf<O> & { readonly RequestId: string };

const DEFAULT_TIMEOUT_MS = 10_000;

/** Throws TypeError for an endpoint that is none. */
export function createClient(options: ClientOptions): Client {
  const endpoint = parseEndpoint(options.endpoint);
  return {
    call: async (operation, parameters) => {
      const request = await signRequest(endpoint, operation, parameters, options);
      return readAnswer(operation, endpoint.origin, await send(endpoint, request, options));
    },
  };
}

interface SignedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Parameters go into the body and not into the URL, which proxies log. */
async function signRequest<O extends Operation>(
  endpoint: URL,
  operation: O,
  parameters: RequestOf<O>,
  options: ClientOptions,
): Promise<SignedRequest> {
  const pairs = writeParameters<O['request']>(operation.request, parameters);
  if (options.region !== undefined) pairs.push(['RegionId', options.region]);
  const body = canonicalQuery(pairs);
  const headers = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    host: endpoint.host,
    'x-acs-action': operation.action,
    'x-acs-content-sha256': await sha256Hex(body),
    'x-acs-date': new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    'x-acs-signature-nonce': crypto.randomUUID(),
    'x-acs-version': KMS.version,
    ...(options.securityToken === undefined ? {} : { 'x-acs-security-token': options.securityToken }),
  };
  const { host: _, ...sent } = headers; // fetch sets Host by itself and browsers refuse to let it be set
  return {
    headers: {
      ...sent,
      authorization: await authorization({ method: 'POST', query: [], headers }, options),
    },
    body,
  };
}

async function send(endpoint: URL, request: SignedRequest, options: ClientOptions): Promise<Received> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  try {
    const response = await (options.fetch ?? fetch)(endpoint, {
      method: 'POST',
      ...request,
      redirect: 'error', // a signed request goes where it was meant to go
      signal: AbortSignal.timeout(timeoutMs),
    });
    return {
      status: response.status,
      requestId: response.headers.get('x-acs-request-id') ?? '',
      text: await response.text(),
    };
  } catch (error) {
    throw unreachable(endpoint, timeoutMs, error);
  }
}

function unreachable(endpoint: URL, timeoutMs: number, error: unknown): KmsUnreachable {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const row = Object.hasOwn(NETWORK, code) ? NETWORK[code] : undefined;
  const message = isTimeout(error)
    ? `did not answer within ${timeoutMs / 1000} s: is the server busy or the network blocked?`
    : (row ?? `cannot be reached (${cause instanceof Error ? cause.message : String(cause)})`);
  return new KmsUnreachable(`${endpoint.origin} ${message}`, { cause: error });
}

const isTimeout = (error: unknown): boolean => error instanceof Error && error.name === 'TimeoutError';

/** What the error codes of Node mean to the person in front of it; browsers tell nothing. */
const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection: is the server running, and is the port right?',
  ENOTFOUND: 'is not known by name: check the host name of the endpoint',
  EAI_AGAIN: 'cannot be looked up now: check the name server of this machine',
  ECONNRESET: 'closed the connection before it answered: if it expects https, say https:// in the endpoint',
  UND_ERR_SOCKET:
    'closed the connection before it answered: if it expects https, say https:// in the endpoint',
  EHOSTUNREACH: 'cannot be reached from this machine: check the network',
  ENETUNREACH: 'cannot be reached from this machine: check the network',
};

/** Throws TypeError where the text is not an http or https URL without a path. */
export function parseEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.username) {
    throw new TypeError(`the endpoint ${JSON.stringify(text)} is not like http://127.0.0.1:8300`);
  }
  return url;
}
