import { ApiError } from '@keyhold/api/errors.ts';
import { TokenUnavailable } from '../hsm/token.ts';
import { Conflict, type Keys } from '../store/store.ts';
import type { Ciphertext } from './ciphertext.ts';
import { DoesNotOpen } from './domain-key.ts';
import type { EncryptionContext } from './encryption-context.ts';
import { type Engines, engineOf, type Material, MaterialGone } from './engine.ts';
import type { Key, KeyVersion, ProtectionLevel } from './key.ts';
import type { VersionUses } from './version-uses.ts';

/**
 * Uses key material: the only place where a kept version is opened. An opened version lives exactly as long as
 * its row stays in the store's bounded cache.
 */
export class Keyring {
  readonly #engines: Engines;
  readonly #store: Keys;
  readonly #uses: VersionUses;
  readonly #opened = new WeakMap<KeyVersion, Material>();
  readonly #opening = new WeakMap<KeyVersion, Promise<Material>>();
  /** By key row, which is another object as soon as anything about the key has changed. */
  readonly #primary = new WeakMap<Key, Material>();

  constructor(engines: Engines, store: Keys, uses: VersionUses) {
    this.#engines = engines;
    this.#store = store;
    this.#uses = uses;
  }

  /** The KeySpecs that are offered at the level in the region; undefined where the level is not. */
  specsAt(level: ProtectionLevel, region: string): ReadonlySet<string> | undefined {
    return this.#engines[level]?.specsIn(region);
  }

  /** A version with fresh material, kept as the key's engine keeps it. */
  async newVersion(key: Key, keyVersionId: string, createdAt = key.createdAt): Promise<KeyVersion> {
    const wrappedMaterial = await engineOf(this.#engines, key).generate(key, keyVersionId);
    return { keyId: key.keyId, keyVersionId, createdAt, wrappedMaterial, fingerprint: null };
  }

  /** Whether its engine has the material of an imported version, which the row only names. */
  async holds(key: Key, { keyVersionId, wrappedMaterial, fingerprint }: KeyVersion): Promise<boolean> {
    if (wrappedMaterial === null || fingerprint === null) return false;
    return engineOf(this.#engines, key).holds(key, keyVersionId, wrappedMaterial, fingerprint);
  }

  /** To be called where the store did not take the version, or keeps another. */
  async discard(key: Key, { keyVersionId, wrappedMaterial }: KeyVersion): Promise<void> {
    if (wrappedMaterial !== null)
      await engineOf(this.#engines, key).discard(key, keyVersionId, wrappedMaterial);
  }

  /** Encrypts under the primary version. */
  async encrypt(
    key: Key,
    plaintext: Uint8Array,
    context: EncryptionContext | undefined,
  ): Promise<{ readonly blob: Buffer; readonly keyVersionId: string }> {
    const keyVersionId = key.primaryVersionId;
    if (keyVersionId === null) throw new ApiError('Forbidden.KeyVersionNotFound');
    const material = this.#primary.get(key) ?? (await this.#findPrimary(key, keyVersionId));
    try {
      const blob = await material.encrypt(plaintext, context);
      this.#uses.note(key.keyId, keyVersionId);
      return { blob, keyVersionId };
    } catch (error) {
      throw await this.#explained(error, key);
    }
  }

  /** A version that does not exist is answered like a key that does not (KMS semantics 10.5). */
  async decrypt(key: Key, blob: Ciphertext, context: EncryptionContext | undefined): Promise<Buffer> {
    const material = await this.#version(key, blob.keyVersionId);
    if (material === undefined) throw new ApiError('Forbidden.KeyNotFound');
    try {
      const plaintext = await material.decrypt(blob, context);
      this.#uses.note(key.keyId, blob.keyVersionId);
      return plaintext;
    } catch (error) {
      throw await this.#explained(error, key);
    }
  }

  /**
   * To be called when the store has let go of the key's material; the key as it was before. What is out of reach now
   * stays condemned, and goes when it is back (`jobs/sweep-token.ts`).
   */
  async erase(key: Key): Promise<void> {
    const engine = this.#engines[key.protectionLevel];
    if (engine === undefined) return;
    try {
      if (await engine.erase(key)) await this.#store.forgetCondemned(key);
    } catch (error) {
      if (!(error instanceof TokenUnavailable)) throw error;
    }
  }

  async #findPrimary(key: Key, keyVersionId: string): Promise<Material> {
    const material = await this.#version(key, keyVersionId);
    if (material === undefined) throw new ApiError('Forbidden.KeyVersionNotFound');
    this.#primary.set(key, material);
    return material;
  }

  /** Material that went while it was used: the call is to look at the key again. */
  async #explained(error: unknown, key: Key): Promise<unknown> {
    if (!(error instanceof MaterialGone)) return error;
    const { revision } = (await this.#store.find(key.keyId)) ?? { revision: 0 };
    return revision === key.revision ? error : new Conflict();
  }

  async #version(key: Key, keyVersionId: string): Promise<Material | undefined> {
    const row = await this.#store.findVersion(key.keyId, keyVersionId);
    if (row === undefined || row.wrappedMaterial === null) return undefined;
    return this.#opened.get(row) ?? this.#openOnce(key, row, row.wrappedMaterial);
  }

  /** Each material has epochs of its own: whoever comes at once uses the same one. */
  #openOnce(key: Key, row: KeyVersion, kept: Uint8Array): Promise<Material> {
    const known = this.#opening.get(row);
    if (known !== undefined) return known;
    const opening = this.#open(key, row, kept).finally(() => this.#opening.delete(row));
    this.#opening.set(row, opening);
    return opening;
  }

  async #open(key: Key, row: KeyVersion, kept: Uint8Array): Promise<Material> {
    try {
      const material = await engineOf(this.#engines, key).open(key, row.keyVersionId, kept);
      this.#opened.set(row, material);
      return material;
    } catch (error) {
      if (!(error instanceof DoesNotOpen)) throw error;
      throw new Error(
        `version ${row.keyVersionId} of key ${key.keyId} does not open: its row in the database was edited, ` +
          'moved, or belongs to another root key; restore the database from a backup',
        { cause: error },
      );
    }
  }
}
