import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { TokenSettings } from '../pkcs11/settings.ts';
import { openPkcs11Token, type Pkcs11Token } from '../pkcs11-token.ts';
import { TokenUnavailable } from '../token.ts';
import type { SoftHsm } from './soft-hsm.ts';

export const SEED: Uint8Array = new Uint8Array(32);
export const NONCE: Uint8Array = new Uint8Array(12);
export const AAD: Buffer = Buffer.from('aad');
export const PLAINTEXT: Buffer = Buffer.from('plaintext');
/** What is promised. */
export const HEALED_MS = 5000;
/** A loaded machine is slow; that a call ends at its deadline is seen nevertheless. */
export const SLACK_MS = 700;

/** A connection with a short deadline, closed at the end of its block. */
export async function opened(
  hsm: SoftHsm,
  changes: Partial<TokenSettings> = {},
): Promise<Pkcs11Token & AsyncDisposable> {
  const token = await openPkcs11Token({ ...hsm.settings, timeoutMs: 1000, ...changes });
  return Object.assign(Object.create(token) as Pkcs11Token, { [Symbol.asyncDispose]: () => token.close() });
}
/** The same each time, under the key `key`. */
export const seal = (token: Pkcs11Token): Promise<Buffer> => token.seal('key', SEED, NONCE, AAD, PLAINTEXT);
export const unavailable = (error: Error): boolean => error instanceof TokenUnavailable;

/** Milliseconds until a call succeeds again; before that they fail in the one way. */
export async function healing(token: Pkcs11Token): Promise<number> {
  const start = performance.now();
  for (;;) {
    try {
      await seal(token);
      return performance.now() - start;
    } catch (error) {
      assert.ok(unavailable(error as Error), String(error));
      assert.ok(performance.now() - start < 2 * HEALED_MS, `not healed: ${error}`);
      await pause(20);
    }
  }
}
/** Milliseconds until it is given up. */
export async function timed(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await assert.rejects(work, unavailable);
  return performance.now() - start;
}
