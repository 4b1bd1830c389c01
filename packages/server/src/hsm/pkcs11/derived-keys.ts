import type { Handle } from 'pkcs11js';
import { DERIVED_BYTES, derivationData, type MacPurpose, macMessage } from '../derivation.ts';
import type { Connection } from './connection.ts';
import { derivation, MAC } from './mechanisms.ts';
import type { Objects } from './objects.ts';
import { meaningOf } from './return-values.ts';
import { macKeyTemplate, messageKeyTemplate } from './templates.ts';

/** They take the token's memory, of which some tokens have little. */
const MESSAGE_KEYS_IN_TOKEN = 256;

/** Not destroyed while a call uses it: the token may give its handle to another. */
interface MessageKey {
  readonly handle: Handle;
  uses: number;
  /** The token does not know the handle any more. */
  isLost: boolean;
}

/** Keys that the token derives from the labelled ones. */
export class DerivedKeys {
  readonly #connection: Connection;
  readonly #objects: Objects;
  /** By label and seed; the one that was used last is the last. */
  readonly #messageKeys = new Map<string, MessageKey>();

  constructor(connection: Connection, objects: Objects) {
    this.#connection = connection;
    this.#objects = objects;
  }

  /**
   * To be called with a session to use it in: who waits for one holds no key. One that the token has lost is noticed
   * when it is used, and derived anew, once.
   */
  async withMessageKey<T>(label: string, seed: Buffer, use: (key: Handle) => Promise<T>): Promise<T> {
    const name = `${label}\0${seed.toString('latin1')}`;
    try {
      return await this.#used(name, this.#messageKey(name, label, seed), use);
    } catch (error) {
      if (meaningOf(error) !== 'stale-handle') throw error;
      return this.#used(name, this.#messageKey(name, label, seed), use);
    }
  }

  /** The HMAC key is used once and destroyed. */
  mac(label: string, purpose: MacPurpose, data: Buffer): Buffer {
    const { library, home } = this.#connection;
    const template = macKeyTemplate(DERIVED_BYTES);
    const mechanism = derivation(derivationData(purpose, data));
    const key = this.#fresh(label, (base) => library.C_DeriveKey(home, mechanism, base, template));
    try {
      library.C_SignInit(home, MAC, key);
      return Buffer.from(library.C_Sign(home, macMessage(purpose), Buffer.alloc(DERIVED_BYTES)));
    } finally {
      library.C_DestroyObject(home, key);
    }
  }

  forget(label: string): void {
    for (const [name, key] of this.#messageKeys) if (name.startsWith(`${label}\0`)) this.#drop(name, key);
  }

  async #used<T>(name: string, key: MessageKey, use: (key: Handle) => Promise<T>): Promise<T> {
    key.uses++;
    try {
      return await use(key.handle);
    } catch (error) {
      if (meaningOf(error) === 'stale-handle') {
        key.isLost = true;
        if (this.#messageKeys.get(name) === key) this.#messageKeys.delete(name);
      }
      throw error;
    } finally {
      key.uses--;
      if (this.#messageKeys.get(name) !== key) this.#destroyUnused(key);
    }
  }

  #messageKey(name: string, label: string, seed: Buffer): MessageKey {
    const { library, home } = this.#connection;
    const derive = (base: Handle): Handle => {
      const mechanism = derivation(derivationData('message', seed));
      return library.C_DeriveKey(home, mechanism, base, messageKeyTemplate(DERIVED_BYTES));
    };
    const known = this.#messageKeys.get(name);
    const key = known ?? { handle: this.#fresh(label, derive), uses: 0, isLost: false };
    this.#messageKeys.delete(name);
    if (this.#messageKeys.size >= MESSAGE_KEYS_IN_TOKEN) this.#dropOldest();
    this.#messageKeys.set(name, key);
    return key;
  }

  #dropOldest(): void {
    for (const [name, key] of this.#messageKeys) {
      if (key.uses > 0) continue;
      this.#drop(name, key);
      return;
    }
  }

  #fresh(label: string, derive: (base: Handle) => Handle): Handle {
    try {
      return derive(this.#objects.get('key', label));
    } catch (error) {
      if (meaningOf(error) !== 'stale-handle') throw error;
      this.#objects.forget(label);
      return derive(this.#objects.get('key', label));
    }
  }

  #drop(name: string, key: MessageKey): void {
    this.#messageKeys.delete(name);
    this.#destroyUnused(key);
  }

  /** Never throws, so that what was sealed with it is not lost: one that the token keeps goes with the session. */
  #destroyUnused({ handle, uses, isLost }: MessageKey): void {
    if (uses > 0 || isLost) return;
    const { library, home } = this.#connection;
    try {
      library.C_DestroyObject(home, handle);
    } catch {}
  }
}
