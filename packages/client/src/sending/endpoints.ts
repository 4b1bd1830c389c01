/** How long other endpoints are tried before one that failed. */
const AVOIDED_MS = 30_000;

export interface Endpoint {
  readonly url: URL;
}

/** The endpoints of a client, the preferred ones first, and which of them failed lately. */
export class Endpoints {
  readonly #all: readonly Endpoint[];
  readonly #avoidUntil = new Map<Endpoint, number>();
  readonly #now: () => number;

  constructor(urls: readonly URL[], now: () => number = () => performance.now()) {
    this.#all = urls.map((url) => ({ url }));
    this.#now = now;
  }

  /**
   * The first one that was not tried in this round and did not fail lately; where all did, the one that failed
   * longest ago. Undefined where all were tried.
   */
  next(tried: ReadonlySet<Endpoint>): Endpoint | undefined {
    const now = this.#now();
    const left = this.#all.filter((endpoint) => !tried.has(endpoint));
    const until = (endpoint: Endpoint) => this.#avoidUntil.get(endpoint) ?? 0;
    return left.find((endpoint) => until(endpoint) <= now) ?? left.sort((a, b) => until(a) - until(b))[0];
  }

  failed(endpoint: Endpoint): void {
    this.#avoidUntil.set(endpoint, this.#now() + AVOIDED_MS);
  }

  answered(endpoint: Endpoint): void {
    this.#avoidUntil.delete(endpoint);
  }
}

/** Throws TypeError where the text is not an http or https URL without a path. */
export function parseEndpoint(text: string): URL {
  if (text.includes('@')) {
    throw new TypeError('the endpoint holds a user name or a password: leave them out, calls are signed');
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.hash) {
    throw new TypeError(`the endpoint ${JSON.stringify(text)} is not like http://127.0.0.1:8300`);
  }
  return url;
}
