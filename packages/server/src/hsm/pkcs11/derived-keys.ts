import type { Handle } from 'pkcs11js';
import { DERIVED_BYTES, derivationData, type MacPurpose, macMessage } from '../derivation.ts';
import type { Connection } from './connection.ts';
import { derivation, MAC } from './mechanisms.ts';
import type { Objects } from './objects.ts';
import { meaningOf } from './return-values.ts';
import { macKeyTemplate, messageKeyTemplate } from './templates.ts';

/** They take the token's memory, of which some tokens have little. More than there can be sessions in use. */
const MESSAGE_KEYS_IN_TOKEN = 256;

/** Keys that the token derives from the labelled ones. */
export class DerivedKeys {
  readonly #connection: Connection;
  readonly #objects: Objects;
  /** By label and seed; the one that was used last is the last. */
  readonly #messageKeys = new Map<string, Handle>();

  constructor(connection: Connection, objects: Objects) {
    this.#connection = connection;
    this.#objects = objects;
  }

  /** What another process destroyed is noticed when it is used: then the token is asked again, once. */
  async withMessageKey<T>(label: string, seed: Buffer, use: (key: Handle) => Promise<T>): Promise<T> {
    try {
      return await use(this.#messageKey(label, seed));
    } catch (error) {
      if (meaningOf(error) !== 'stale-handle') throw error;
      this.forget(label);
      return use(this.#messageKey(label, seed));
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
    for (const name of this.#messageKeys.keys()) if (name.startsWith(`${label}\0`)) this.#drop(name);
  }

  #messageKey(label: string, seed: Buffer): Handle {
    const name = `${label}\0${seed.toString('latin1')}`;
    const known = this.#messageKeys.get(name);
    const { library, home } = this.#connection;
    const derive = (base: Handle): Handle =>
      library.C_DeriveKey(
        home,
        derivation(derivationData('message', seed)),
        base,
        messageKeyTemplate(DERIVED_BYTES),
      );
    const key = known ?? this.#fresh(label, derive);
    this.#messageKeys.delete(name);
    this.#messageKeys.set(name, key);
    const [oldest] = this.#messageKeys.keys();
    if (this.#messageKeys.size > MESSAGE_KEYS_IN_TOKEN && oldest !== undefined) this.#drop(oldest);
    return key;
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

  #drop(name: string): void {
    const key = this.#messageKeys.get(name);
    this.#messageKeys.delete(name);
    const { library, home } = this.#connection;
    try {
      if (key) library.C_DestroyObject(home, key);
    } catch (error) {
      if (meaningOf(error) !== 'stale-handle') throw error;
    }
  }
}
