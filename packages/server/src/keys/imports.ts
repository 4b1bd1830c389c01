import { ApiError } from '@keyhold/api/errors.ts';
import type { WrappingAlgorithm, WrappingKeySpec } from '@keyhold/api/kms/import.ts';
import { readBase64 } from './base64.ts';
import type { DomainKey } from './domain-key.ts';
import { type Engines, engineOf, type ImportedMaterial } from './engine.ts';
import { openImportToken, sealImportToken } from './import-token.ts';
import type { Key } from './key.ts';
import { specOf } from './key-specs.ts';

/** What ImportKeyMaterial sends. */
export interface GivenMaterial {
  readonly token: string;
  /** Base64. */
  readonly encrypted: string;
}

/** Brings material that was made elsewhere into the server (KMS semantics 14). */
export class Imports {
  readonly #domainKey: DomainKey;
  readonly #engines: Engines;

  constructor(domainKey: DomainKey, engines: Engines) {
    this.#domainKey = domainKey;
    this.#engines = engines;
  }

  async begin(key: Key, spec: WrappingKeySpec, algorithm: WrappingAlgorithm, now: number) {
    const { publicKey, wrappedBytes, handle } = await engineOf(this.#engines, key).makeWrapping(
      key,
      spec,
      algorithm,
    );
    using secret = handle;
    return { publicKey, ...sealImportToken(this.#domainKey, key, { algorithm, wrappedBytes }, secret, now) };
  }

  /**
   * Takes the material in as the version. `known` is the fingerprint of what the key took first. Throws ApiError:
   * InvalidImportToken, ExpiredImportToken, InvalidParameter for what is not Base64, and InvalidKeyMaterial.
   *
   * A wrong wrapping, a wrong length and other material than before are one refusal: told apart, they would decrypt
   * for whoever has recorded a wrapping made with PKCS #1 v1.5. Only of a key that never had material can such a
   * stranger learn that a guess was right, and then that key is fixed.
   */
  async take(
    key: Key,
    keyVersionId: string,
    known: Uint8Array | null,
    given: GivenMaterial,
    now: number,
  ): Promise<ImportedMaterial> {
    const { handle, algorithm, wrappedBytes } = openImportToken(this.#domainKey, key, given.token, now);
    using secret = handle;
    const wrapped = readBase64(given.encrypted);
    if (wrapped === undefined) throw new ApiError('InvalidParameter', { parameter: 'EncryptedKeyMaterial' });
    if (wrapped.length !== wrappedBytes) {
      const reason = `it has ${wrapped.length} bytes, and the public key of the token makes ${wrappedBytes}`;
      throw new ApiError('InvalidKeyMaterial', { reason });
    }
    const engine = engineOf(this.#engines, key);
    const imported = await engine.importMaterial(
      key,
      keyVersionId,
      { handle: secret, algorithm, wrapped },
      known,
    );
    if (imported !== undefined) return imported;
    throw new ApiError('InvalidKeyMaterial', {
      reason:
        `it is not ${specOf(key).materialBytes} bytes wrapped with ${algorithm} under the public key of the token, ` +
        'or not the material that this key took first; with OAEP, MGF1 uses the same hash',
    });
  }
}
