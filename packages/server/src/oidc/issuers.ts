import { ApiError } from '@keyhold/api/errors.ts';
import { LRUCache } from 'lru-cache';
import { fetchKeySet, isSignedBy, type KeySet } from './key-set.ts';

/** How long keys count without being asked for again: so long a key that the issuer withdrew may go on. */
const FRESH_MS = 10 * 60_000;
/** An issuer is asked at most this often, whatever for: strangers can send what no known key signed. */
const PAUSE_MS = 10_000;
/** For both documents together. */
const FETCH_MS = 3000;
/** Issuers asked at once. */
const AT_ONCE = 8;
/** Issuers whose keys are kept. */
const IN_MEMORY = 100;

export interface IssuerOptions {
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
  /** Told why keys could not be had, which strangers are not. */
  readonly onFailure: (issuerUrl: string, error: unknown) => void;
}

/** What is known of an issuer since it was last asked. */
interface Known {
  readonly askedAt: number;
  readonly keySet: KeySet | undefined;
  readonly keysAt: number;
}

/**
 * The keys of registered issuers, fetched when a token needs them. Strangers can make this happen, so it is
 * bounded: one fetch at a time per issuer, few at once, seldom, small, short. Keys are kept by issuer, so that no
 * issuer can sign for another.
 */
export class Issuers {
  readonly #options: IssuerOptions;
  readonly #known = new LRUCache<string, Known>({ max: IN_MEMORY });
  readonly #asking = new Map<string, Promise<Known>>();

  constructor(options: IssuerOptions) {
    this.#options = options;
  }

  /** Whether a key of the issuer signed the token. Throws throttling where too many issuers are asked already. */
  async signed(issuerUrl: string, token: string, algorithms: string[]): Promise<boolean> {
    const keySet = await this.#keySet(issuerUrl);
    if (keySet === undefined) return false;
    if (await isSignedBy(keySet, token, algorithms)) return true;
    const newer = await this.#newerKeySet(issuerUrl, keySet);
    return newer !== undefined && isSignedBy(newer, token, algorithms);
  }

  async #keySet(issuerUrl: string): Promise<KeySet | undefined> {
    const known = this.#known.get(issuerUrl);
    const now = this.#options.clock();
    if (known?.keySet && now - known.keysAt < FRESH_MS) return known.keySet;
    if (known && now - known.askedAt < PAUSE_MS) return undefined;
    const { keySet, askedAt, keysAt } = await this.#ask(issuerUrl);
    return keysAt === askedAt ? keySet : undefined;
  }

  /** The issuer may have new keys since; undefined where it was asked only just now, or has none. */
  async #newerKeySet(issuerUrl: string, before: KeySet): Promise<KeySet | undefined> {
    const known = this.#known.get(issuerUrl);
    const isRecent = known !== undefined && this.#options.clock() - known.askedAt < PAUSE_MS;
    const { keySet } = isRecent ? known : await this.#ask(issuerUrl);
    return keySet === before ? undefined : keySet;
  }

  #ask(issuerUrl: string): Promise<Known> {
    const asking = this.#asking.get(issuerUrl);
    if (asking) return asking;
    if (this.#asking.size >= AT_ONCE) {
      throw new ApiError('Rejected.Throttling', {
        reason: 'too many issuers are being asked for their keys',
      });
    }
    const asked = this.#fetch(issuerUrl).finally(() => this.#asking.delete(issuerUrl));
    this.#asking.set(issuerUrl, asked);
    return asked;
  }

  /** Never rejects. A failure leaves the keys that are known: a stranger may have caused the question. */
  async #fetch(issuerUrl: string): Promise<Known> {
    const before = this.#known.get(issuerUrl);
    let found: KeySet | undefined;
    try {
      found = await fetchKeySet(issuerUrl, AbortSignal.timeout(FETCH_MS));
    } catch (error) {
      this.#options.onFailure(issuerUrl, error);
    }
    const now = this.#options.clock();
    const known = found
      ? { askedAt: now, keySet: found, keysAt: now }
      : { askedAt: now, keySet: before?.keySet, keysAt: before?.keysAt ?? Number.NEGATIVE_INFINITY };
    this.#known.set(issuerUrl, known);
    return known;
  }
}
