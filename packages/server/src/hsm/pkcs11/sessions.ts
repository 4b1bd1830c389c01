import pkcs11, { type Handle, type PKCS11 } from 'pkcs11js';
import { TokenRefused } from '../token.ts';
import { meaningOf } from './return-values.ts';

/**
 * Sessions, each of which works on one thing at a time. `use` waits for a free one, first come first served.
 */
export class Sessions {
  readonly #library: PKCS11;
  readonly #slot: Handle;
  readonly #free: Handle[];
  readonly #waiting: ((session: Handle) => void)[] = [];

  constructor(library: PKCS11, slot: Handle, count: number) {
    this.#library = library;
    this.#slot = slot;
    this.#free = Array.from({ length: count }, () => this.open());
  }

  /** One more, for whoever asks: they close it. */
  open(): Handle {
    return this.#library.C_OpenSession(this.#slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
  }

  async use<T>(work: (session: Handle) => T | Promise<T>): Promise<T> {
    let session = this.#free.pop() ?? (await new Promise<Handle>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(session);
    } catch (error) {
      // An operation that did not end as it should may still be open in the session. A refusal began none.
      if (!(error instanceof TokenRefused) && meaningOf(error) !== 'bad-data') session = this.#renew(session);
      throw error;
    } finally {
      const next = this.#waiting.shift();
      if (next) next(session);
      else this.#free.push(session);
    }
  }

  #renew(session: Handle): Handle {
    try {
      this.#library.C_CloseSession(session);
      return this.open();
    } catch {
      return session; // the next check finds out whether the token is there
    }
  }
}
