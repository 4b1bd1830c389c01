import { ApiError } from '@keyhold/api/errors.ts';
import type { WrappingAlgorithm, WrappingKeySpec } from '@keyhold/api/kms/import.ts';
import type { SecretBytes } from '../secret-bytes.ts';
import type { Condemned } from '../store/store.ts';
import type { Ciphertext } from './ciphertext.ts';
import type { EncryptionContext } from './encryption-context.ts';
import type { Key, ProtectionLevel } from './key.ts';

/**
 * Where the material of key versions lives and works: this process (`SOFTWARE`) or a token (`HSM`). What the store
 * keeps of a version are opaque bytes, bound to the account, region, key id, version id and origin that they were
 * made for.
 */
export interface Engine {
  /** The KeySpecs whose keys it can hold; undefined in a region where it is not offered. */
  specsIn(region: string): ReadonlySet<string> | undefined;
  /** Random material for a new version, of the length of the key's spec; returns what the store keeps of it. */
  generate(key: Key, keyVersionId: string): Promise<Uint8Array>;
  /** A fresh pair to wrap material for the key with. Throws ApiError where it cannot be made, or not now. */
  makeWrapping(key: Key, spec: WrappingKeySpec, algorithm: WrappingAlgorithm): Promise<Wrapping>;
  /**
   * Takes in wrapped material of the length of the key's spec. Undefined, after the same work whatever the cause,
   * where it is not that, or where `known` is another material's fingerprint.
   */
  importMaterial(
    key: Key,
    keyVersionId: string,
    wrapped: WrappedMaterial,
    known: Uint8Array | null,
  ): Promise<ImportedMaterial | undefined>;
  /**
   * Whether what the store keeps of a version only names its material, which is where it says and has this fingerprint. It
   * stays when the same comes again: backups of the store name it, too.
   */
  holds(key: Key, keyVersionId: string, kept: Uint8Array, fingerprint: Uint8Array): Promise<boolean>;
  /** The store keeps this of a version no more, or never did: what there is of it elsewhere goes, where it can. */
  discard(key: Key, keyVersionId: string, kept: Uint8Array): Promise<void>;
  /** Rejects with `DoesNotOpen` where the bytes were not made for this version of this key. */
  open(key: Key, keyVersionId: string, kept: Uint8Array): Promise<Material>;
  /**
   * The store keeps no material of this key any more, as of the revision after this one: what there is of it
   * elsewhere goes too, but for what was made for a later revision. False where it may be there still, to be asked for again.
   */
  erase(key: Condemned): Promise<boolean>;
}

export interface Wrapping {
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Buffer;
  /** How many bytes it makes of any material. */
  readonly wrappedBytes: number;
  /** By which the engine finds its private key again: travels in the import token, sealed. The caller wipes it. */
  readonly handle: SecretBytes;
}

export interface WrappedMaterial {
  readonly handle: SecretBytes;
  readonly algorithm: WrappingAlgorithm;
  readonly wrapped: Uint8Array;
}

export interface ImportedMaterial {
  /** What the store keeps. */
  readonly kept: Uint8Array;
  /** Equal for equal material of one key, and tells nothing else. */
  readonly fingerprint: Uint8Array;
}

/**
 * The opened material of one version; lives as long as its row stays in the store's cache. Both reject with
 * `MaterialGone` where the material is no longer where it was kept.
 */
export interface Material {
  /** A whole blob (see `ciphertext.ts`). */
  encrypt(plaintext: Uint8Array, context: EncryptionContext | undefined): Buffer | Promise<Buffer>;
  /** Throws ApiError InvalidParameter, the same for every blob that does not open. */
  decrypt(blob: Ciphertext, context: EncryptionContext | undefined): Buffer | Promise<Buffer>;
}

export class MaterialGone extends Error {
  override readonly name = 'MaterialGone';
}

/** A level without an engine is not offered. */
export type Engines = Readonly<Partial<Record<ProtectionLevel, Engine>>>;

/** Throws ApiError Rejected.Unavailable (KMS semantics 8). */
export function engineOf(engines: Engines, { protectionLevel }: Key): Engine {
  const engine = engines[protectionLevel];
  if (engine === undefined) {
    throw new ApiError('Rejected.Unavailable', {
      reason: `its ProtectionLevel is ${protectionLevel}, which is not set up on this server`,
    });
  }
  return engine;
}
