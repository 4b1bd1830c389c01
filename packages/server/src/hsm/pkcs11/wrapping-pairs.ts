import { createPublicKey } from 'node:crypto';
import pkcs11, { type Handle } from 'pkcs11js';
import { DERIVED_BYTES, derivationData } from '../derivation.ts';
import { type ImportAlgorithm, SEED_BYTES, TokenRefused } from '../token.ts';
import type { Connection } from './connection.ts';
import { derivation, MAKE_KEY, MAKE_PAIR, MEASURE, UNWRAP } from './mechanisms.ts';
import type { Objects } from './objects.ts';
import { meaningOf, returnValue } from './return-values.ts';
import {
  candidateTemplate,
  keyTemplate,
  measuredTemplate,
  measuringKeyTemplate,
  messageKeyTemplate,
  privateKeyTemplate,
  publicKeyTemplate,
} from './templates.ts';

/** AES key wrapping adds so much (RFC 3394), and takes whole blocks of it. */
const WRAPPING_BYTES = 8;
const MOST_WRAPPED_BYTES = 1024;

/** The pairs for importing, and what comes in by them. */
export class WrappingPairs {
  readonly #connection: Connection;
  readonly #objects: Objects;
  /** One is made at a time, so that calls always have threads left. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, objects: Objects) {
    this.#connection = connection;
    this.#objects = objects;
  }

  make(label: string, bits: number, algorithm: ImportAlgorithm): Promise<Buffer> {
    const made = this.#last.then(() => this.#make(label, bits, algorithm));
    this.#last = made.catch(() => undefined);
    return made;
  }

  /** In a thread and a session of its own, because finding primes takes a token a while. */
  #make(label: string, bits: number, algorithm: ImportAlgorithm): Promise<Buffer> {
    const { library, sessions } = this.#connection;
    return this.#objects.make(label, async () => {
      const session = sessions.open();
      try {
        const pair = await library
          .C_GenerateKeyPairAsync(session, MAKE_PAIR, publicKeyTemplate(bits), privateKeyTemplate(label))
          .catch((error) => unsupported(error, `RSA pairs of ${bits} bits`));
        try {
          this.#refuseUnsafe(pair.privateKey, bits / 8, algorithm);
          return this.#publicKey(pair.publicKey);
        } catch (error) {
          library.C_DestroyObject(session, pair.privateKey);
          throw error;
        }
      } finally {
        library.C_CloseSession(session);
      }
    });
  }

  async import(
    label: string,
    bits: number,
    pairLabel: string,
    algorithm: ImportAlgorithm,
    encrypted: Buffer,
  ): Promise<void> {
    const pair = this.#objects.get('pair', pairLabel);
    const { library, home } = this.#connection;
    const bad = () =>
      new TokenRefused('bad-material', `the material is not a key of ${bits} bits for this pair`);
    if (encrypted.length !== this.#attribute(pair, pkcs11.CKA_MODULUS).length) throw bad();
    const refusal = this.#refuseUnsafe(pair, encrypted.length, algorithm);
    const mechanism = UNWRAP[algorithm];
    try {
      if (this.#measure(pair, algorithm, encrypted) !== bits / 8) throw bad();
      await this.#objects.make(label, () =>
        library.C_UnwrapKey(home, mechanism, pair, encrypted, keyTemplate(label)),
      );
    } catch (error) {
      if (meaningOf(error) !== 'bad-data' && returnValue(error) !== refusal) throw error;
      this.#connection.check();
      throw bad();
    }
  }

  /**
   * The ciphertext 1 is no encryption of anything: 1 to the power of d is 1, and no padding begins like that.
   * What makes a key of it does so with tampered material as well (RFC 8017, section 7.2.2 note; "implicit
   * rejection" of OpenSSL 3.2 and later), and with any blob once in some hundred times one of the right length.
   * Returns the token's word for such material: some say CKR_DEVICE_ERROR, which is trouble at other times.
   */
  #refuseUnsafe(pair: Handle, modulusBytes: number, algorithm: ImportAlgorithm): string {
    const { library, home } = this.#connection;
    const one = Buffer.alloc(modulusBytes);
    one[modulusBytes - 1] = 1;
    let key: Handle;
    try {
      key = library.C_UnwrapKey(home, UNWRAP[algorithm], pair, one, candidateTemplate());
    } catch (error) {
      if (meaningOf(error) === 'not-possible') unsupported(error, algorithm);
      this.#connection.check();
      return returnValue(error);
    }
    library.C_DestroyObject(home, key);
    throw new TokenRefused(
      'unsupported',
      `the token cannot tell tampered ${algorithm} material from a key; use RSAES_OAEP_SHA_256 or _SHA_1`,
    );
  }

  /**
   * The length of the material; some tokens tell it of what they generated only. Wrapping rounds it up in SoftHSM,
   * so it counts for keys that are good for something, which have a length of AES.
   */
  #measure(pair: Handle, algorithm: ImportAlgorithm, encrypted: Buffer): number {
    const { library, home } = this.#connection;
    const mechanism = UNWRAP[algorithm];
    const candidate = library.C_UnwrapKey(home, mechanism, pair, encrypted, candidateTemplate());
    try {
      const told = this.#attribute(candidate, pkcs11.CKA_VALUE_LEN).readUInt32LE();
      if (told !== 0) return told;
      if (!this.#isUsable(candidate)) return 0;
    } finally {
      library.C_DestroyObject(home, candidate);
    }
    const copy = library.C_UnwrapKey(home, mechanism, pair, encrypted, measuredTemplate());
    let under: Handle | undefined;
    try {
      under = library.C_GenerateKey(home, MAKE_KEY, measuringKeyTemplate());
      const wrapped = library.C_WrapKey(home, MEASURE, under, copy, Buffer.alloc(MOST_WRAPPED_BYTES));
      return wrapped.length - WRAPPING_BYTES;
    } finally {
      library.C_DestroyObject(home, copy);
      if (under) library.C_DestroyObject(home, under);
    }
  }

  #isUsable(candidate: Handle): boolean {
    const { library, home } = this.#connection;
    const mechanism = derivation(derivationData('message', new Uint8Array(SEED_BYTES)));
    try {
      const key = library.C_DeriveKey(home, mechanism, candidate, messageKeyTemplate(DERIVED_BYTES));
      library.C_DestroyObject(home, key);
      return true;
    } catch (error) {
      if (meaningOf(error) === 'not-possible' || meaningOf(error) === 'bad-data') return false;
      throw error;
    }
  }

  /** DER SubjectPublicKeyInfo. */
  #publicKey(key: Handle): Buffer {
    const n = this.#attribute(key, pkcs11.CKA_MODULUS).toString('base64url');
    const e = this.#attribute(key, pkcs11.CKA_PUBLIC_EXPONENT).toString('base64url');
    const jwk = { kty: 'RSA', n, e };
    return createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' });
  }

  #attribute(handle: Handle, type: number): Buffer {
    const { library, home } = this.#connection;
    const [attribute] = library.C_GetAttributeValue(home, handle, [{ type }]);
    return Buffer.from(attribute?.value as Buffer); // what is read is always bytes
  }
}

/** Where the token said that it cannot do such a thing, at all. */
export function unsupported(error: unknown, what: string): never {
  if (meaningOf(error) !== 'not-possible') throw error;
  throw new TokenRefused('unsupported', `the token does not offer ${what} (${returnValue(error)})`);
}
