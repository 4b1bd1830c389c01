import type { Effect, Operation, RequestOf, ResponseOf } from '@keyhold/api/operation.ts';
import type { Pair } from '@keyhold/api/signature/canonical-query.ts';
import { readAnswer } from './answer.ts';
import {
  type CredentialProvider,
  type Credentials,
  CredentialsError,
  sendable,
} from './credentials/credentials.ts';
import { type Asking, checked, type Parameters, unchecked } from './parameters.ts';
import { attempt, type Patience } from './sending/attempts.ts';
import { unlessAborted } from './sending/backoff.ts';
import { Endpoints, parseEndpoint } from './sending/endpoints.ts';
import { exchange, type Fetch } from './sending/fetch.ts';
import { unsignedRpc } from './signing/rpc.ts';
import { SCHEMES, type SignatureScheme } from './signing/schemes.ts';

export interface ClientOptions extends Partial<Patience> {
  /**
   * Scheme, host and port: `https://kms.example.internal:8443`. Several are tried in this order. Where absent,
   * the vendor's own of the region.
   */
  readonly endpoint?: string | readonly string[] | undefined;
  /** Sent along; where absent, the server takes its default region. */
  readonly region?: string | undefined;
  readonly credentials: Credentials | CredentialProvider;
  /** ACS3-HMAC-SHA256 where absent. */
  readonly signature?: SignatureScheme | undefined;
  /** Where absent, the runtime's own. */
  readonly fetch?: Fetch | undefined;
}

/** 4 attempts of 10 seconds, half a minute in all, where the options do not say otherwise. */
const PATIENCE: Patience = { attempts: 4, attemptTimeoutMs: 10_000, deadlineMs: 30_000 };

/** A product of the contract as a client needs it: `kms.ts`, `ram.ts`, `sts.ts`, `actiontrail.ts`. */
export interface ClientProduct<O extends Operations> {
  readonly version: string;
  readonly operations: O;
  /** The vendor's host; throws where it needs a region and none is given. */
  readonly host: (region: string | undefined) => string;
}

export type Operations = Readonly<Record<string, Operation>>;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * What the call does to the world, in place of what the contract says; `write` for actions it does not know.
   * A `write` that may have been carried out is not repeated.
   */
  readonly effect?: Effect | undefined;
}

export type Answer<O extends Operation> = ResponseOf<O> & { readonly RequestId: string };
export type UncheckedAnswer = Readonly<Record<string, unknown>> & { readonly RequestId: string };

type Method<O extends Operation> =
  Record<never, never> extends RequestOf<O>
    ? (parameters?: RequestOf<O>, options?: CallOptions) => Promise<Answer<O>>
    : (parameters: RequestOf<O>, options?: CallOptions) => Promise<Answer<O>>;

/**
 * A method per operation of the contract, and `call`. They check the shape of parameters and answers; members
 * of answers that this client does not know are kept. All throw ParameterError, CredentialsError, KmsError,
 * KmsUnreachable, UnexpectedAnswer, or the reason of the signal.
 */
export type Client<O extends Operations> = { readonly [Action in keyof O]: Method<O[Action]> } & Caller;

export interface Caller {
  /** An operation chosen at run time. */
  call<O extends Operation>(
    operation: O,
    parameters: RequestOf<O>,
    options?: CallOptions,
  ): Promise<Answer<O>>;
  /**
   * An action that the contract does not know. Parameters go as they are: lists and maps as JSON text or
   * flattened (`Tag.1.Key`), whichever the action takes.
   */
  call(action: string, parameters?: Parameters, options?: CallOptions): Promise<UncheckedAnswer>;
}

/** Throws TypeError for options that cannot work. */
export function createClient<O extends Operations>(
  product: ClientProduct<O>,
  options: ClientOptions,
): Client<O> {
  const run = runner(product, options);
  const method = (operation: Operation) => (parameters: object, more?: CallOptions) =>
    run(() => checked(operation, parameters ?? {}), more);
  const methods = Object.entries(product.operations).map(([action, operation]) => [
    action,
    method(operation),
  ]);
  const call = (what: Operation | string, parameters: Parameters = {}, more?: CallOptions) =>
    typeof what === 'string' ? run(() => unchecked(what, parameters), more) : method(what)(parameters, more);
  // The types above are made from the same operations.
  return Object.freeze({ ...Object.fromEntries(methods), call }) as Client<O>;
}

type Run = (ask: () => Asking, options?: CallOptions) => Promise<object>;

function runner({ version, host }: ClientProduct<Operations>, options: ClientOptions): Run {
  const { region, credentials, fetch = globalThis.fetch, signature = 'ACS3-HMAC-SHA256' } = options;
  const endpoints = new Endpoints(urlsOf(options.endpoint ?? `https://${host(checkedRegion(region))}`));
  const patience: Patience = {
    attempts: options.attempts ?? PATIENCE.attempts,
    attemptTimeoutMs: options.attemptTimeoutMs ?? PATIENCE.attemptTimeoutMs,
    deadlineMs: options.deadlineMs ?? PATIENCE.deadlineMs,
  };
  const provide = typeof credentials === 'function' ? credentials : async () => credentials;

  return async (ask, { signal, effect } = {}) => {
    const asking = ask();
    const { action, unsigned } = asking;
    const parameters = withRegion(asking.parameters, region);
    const plan = { ...patience, action, effect: effect ?? asking.effect, endpoints, signal };
    return attempt(plan, async ({ url }, timeoutMs, signal) => {
      const fresh = { time: new Date(), nonce: crypto.randomUUID() };
      const call = { host: url.host, action, version, parameters, ...fresh };
      const request = unsigned
        ? unsignedRpc(call)
        : await SCHEMES[signature](call, sendable(await inTime(provide(), signal)));
      return readAnswer(asking, url.origin, await exchange(fetch, url.origin, request, timeoutMs, signal));
    });
  };
}

function urlsOf(endpoint: string | readonly string[]): readonly URL[] {
  const urls = [endpoint].flat().map(parseEndpoint);
  if (urls.length === 0) throw new TypeError('the list of endpoints is empty');
  return urls;
}

/** It becomes part of a host name. */
function checkedRegion(region: string | undefined): string | undefined {
  if (region === undefined || /^[a-z0-9-]+$/.test(region)) return region;
  throw new TypeError(`the region ${JSON.stringify(region)} is not like cn-hangzhou`);
}

const withRegion = (parameters: readonly Pair[], region: string | undefined): readonly Pair[] =>
  region === undefined || parameters.some(([name]) => name === 'RegionId')
    ? parameters
    : [...parameters, ['RegionId', region]];

/** Providers ask others, who may never answer. */
const inTime = (credentials: Promise<Credentials>, signal: AbortSignal): Promise<Credentials> =>
  unlessAborted(credentials, signal).catch((error) => {
    throw signal.aborted
      ? new CredentialsError('the credentials did not come in time', { cause: error })
      : error;
  });
