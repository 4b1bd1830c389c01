import { KMS } from '@keyhold/api/kms/product.ts';
import type { Operation, RequestOf, ResponseOf } from '@keyhold/api/operation.ts';
import { writeParameters } from '@keyhold/api/parameters.ts';
import { canonicalQuery } from '@keyhold/api/signature/canonical-query.ts';
import { type Received, readAnswer } from './answer.ts';
import { authorization, type Credentials, sha256Hex } from './sign-acs3.ts';
import { unreachable } from './unreachable.ts';

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
    throw unreachable(endpoint.origin, timeoutMs, error);
  }
}

/** Throws TypeError where the text is not an http or https URL without a path. */
export function parseEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.username) {
    throw new TypeError(`the endpoint ${JSON.stringify(text)} is not like http://127.0.0.1:8300`);
  }
  return url;
}
