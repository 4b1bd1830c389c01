import { ApiError } from '@keyhold/api/errors.ts';
import type { WrappingAlgorithm, WrappingKeySpec } from '@keyhold/api/kms/import.ts';
import { type Token, TokenRefused } from '../hsm/token.ts';
import { SecretBytes } from '../secret-bytes.ts';
import type { Wrapping } from './engine.ts';
import { IMPORT_TOKEN_MS } from './import-token.ts';
import type { Key } from './key.ts';
import type { TokenLabels } from './token-labels.ts';
import { MODULUS_BITS } from './wrapping-pairs.ts';

/** A pair takes the token's memory for 24 hours, of which some tokens have little. */
const MOST_OF_A_KEY = 10;
const MOST_WAITING = 8;
const RETRY_MS = 1000;

/** Wrapping pairs in a token; the handle is the label. */
export class TokenPairs {
  readonly #token: Token;
  readonly #labels: TokenLabels;
  readonly #now: () => number;
  #waiting = 0;
  /** One after the other, as the token makes them: so that each counts those before it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(token: Token, labels: TokenLabels, now: () => number) {
    this.#token = token;
    this.#labels = labels;
    this.#now = now;
  }

  /** Throws ApiError: Rejected.Throttling, Rejected.LimitExceeded, UnsupportedOperation. */
  async make(key: Key, spec: WrappingKeySpec, algorithm: WrappingAlgorithm): Promise<Wrapping> {
    if (this.#waiting >= MOST_WAITING) {
      const reason = 'too many wrapping keys are being made';
      throw new ApiError('Rejected.Throttling', { reason }, { retryAfterMs: RETRY_MS });
    }
    this.#waiting++;
    const made = this.#last.then(() => this.#make(key, spec, algorithm)).finally(() => this.#waiting--);
    this.#last = made.catch(() => undefined);
    return made;
  }

  async #make(key: Key, spec: WrappingKeySpec, algorithm: WrappingAlgorithm): Promise<Wrapping> {
    await this.#refuseMore(key);
    try {
      const label = this.#labels.newPair(key, this.#now() + IMPORT_TOKEN_MS);
      const bits = MODULUS_BITS[spec];
      const publicKey = await this.#token.makeWrappingPair(label, bits, algorithm);
      return { publicKey, wrappedBytes: bits / 8, handle: new SecretBytes(Buffer.from(label, 'ascii')) };
    } catch (error) {
      throw unsupported(error, algorithm, spec);
    }
  }

  async #refuseMore({ keyId }: Key): Promise<void> {
    const made = await this.#token.list(this.#labels.pairsOf(keyId));
    // Those whose time is over are only not swept yet.
    const useful = made.filter((label) => (this.#labels.parse(label)?.number ?? 0) > this.#now());
    if (useful.length < MOST_OF_A_KEY) return;
    throw new ApiError('Rejected.LimitExceeded', {
      limit: MOST_OF_A_KEY,
      what: 'import tokens of an HSM key in 24 hours',
    });
  }
}

function unsupported(error: unknown, algorithm: string, spec: string): unknown {
  if (!(error instanceof TokenRefused) || error.refusal !== 'unsupported') return error;
  const reason =
    `the HSM takes no material that is wrapped with ${algorithm} under ${spec}; use another ` +
    'WrappingAlgorithm, such as RSAES_OAEP_SHA_1, with RSA_2048';
  return new ApiError('UnsupportedOperation', { reason }, { cause: error });
}
