import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { ApiError } from '@keyhold/api/errors.ts';
import type { WrappingKeySpec } from '@keyhold/api/kms/import.ts';
import { SecretBytes } from '../secret-bytes.ts';
import type { Wrapping } from './engine.ts';

export const MODULUS_BITS = {
  RSA_2048: 2048,
  RSA_3072: 3072,
  RSA_4096: 4096,
} as const satisfies Readonly<Record<WrappingKeySpec, number>>;

/** The one that clients ask for; pairs of it are made before they are. */
const USUAL: WrappingKeySpec = 'RSA_2048';
const AHEAD = 2;

/** Pairs are made one at a time, because the disk writes of the trail share the threads. */
const MOST_WAITING = 8;
const RETRY_MS = 1000;

const generate = promisify(generateKeyPair);

/** Fresh RSA pairs, each handed out once; the handle is the private key, DER PKCS#8. The first call after a start waits for its pair, some 50 to 300 ms. */
export class WrappingPairs {
  readonly #ready: Wrapping[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Throws ApiError Rejected.Throttling where too many wait already. */
  async take(spec: WrappingKeySpec): Promise<Wrapping> {
    const ready = spec === USUAL ? this.#ready.shift() : undefined;
    const pair = ready ?? (await this.#made(spec));
    if (spec === USUAL) this.#refill();
    return pair;
  }

  async #made(spec: WrappingKeySpec): Promise<Wrapping> {
    if (this.#waiting >= MOST_WAITING) {
      const reason = 'too many wrapping keys are being made';
      throw new ApiError('Rejected.Throttling', { reason }, { retryAfterMs: RETRY_MS });
    }
    this.#waiting++;
    const pair = this.#last.then(() => makePair(spec)).finally(() => this.#waiting--);
    this.#last = pair.catch(() => undefined);
    return pair;
  }

  /** One after the other, while nobody waits. */
  #refill(): void {
    if (this.#waiting > 0 || this.#ready.length >= AHEAD) return;
    this.#made(USUAL).then(
      (pair) => {
        this.#ready.push(pair);
        this.#refill();
      },
      () => undefined, // the next call makes its own, and says what is wrong
    );
  }
}

async function makePair(spec: WrappingKeySpec): Promise<Wrapping> {
  const { publicKey, privateKey } = await generate('rsa', {
    modulusLength: MODULUS_BITS[spec],
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  return { publicKey, wrappedBytes: MODULUS_BITS[spec] / 8, handle: new SecretBytes(privateKey) };
}
