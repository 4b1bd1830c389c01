import type { KeyObject } from 'node:crypto';
import { ApiError } from '@keyhold/api/errors.ts';
import { LRUCache } from 'lru-cache';
import type { Keys } from '../store/store.ts';
import { type Ciphertext, epochHeader, NONCE_BYTES, NONCE_OFFSET, SALT_BYTES } from './ciphertext.ts';
import { DoesNotOpen, type DomainKey } from './domain-key.ts';
import { contextBytes, type EncryptionContext } from './encryption-context.ts';
import type { Key, KeyVersion } from './key.ts';
import {
  deriveMessageKeys,
  type MessageKeys,
  newMaterial,
  open,
  openMaterial,
  randomSalt,
  seal,
} from './software.ts';

/** A process reuses one salt for at most this many messages or this long. */
const EPOCH_MESSAGES = 2 ** 20;
const EPOCH_MS = 60_000;

/** Keys derived for salts of earlier epochs and other processes, about 0.5 KB each. */
const DERIVED_KEYS_IN_MEMORY = 16_384;

interface Epoch {
  readonly keys: MessageKeys;
  readonly header: Buffer;
  readonly until: number;
  messages: number;
}

interface OpenVersion {
  readonly material: KeyObject;
  epoch: Epoch | undefined;
}

/**
 * Uses key material: the only place where a wrapped version is opened. An opened version lives exactly as
 * long as its row stays in the store's bounded cache.
 */
export class Keyring {
  readonly #domainKey: DomainKey;
  readonly #store: Keys;
  readonly #now: () => number;
  readonly #epochMessages: number;
  readonly #opened = new WeakMap<KeyVersion, OpenVersion>();
  /** By key row, which is another object as soon as anything about the key has changed. */
  readonly #primary = new WeakMap<Key, OpenVersion>();
  readonly #derived = new LRUCache<string, MessageKeys>({ max: DERIVED_KEYS_IN_MEMORY });

  /** A smaller `epochMessages` than the default serves tests: a million messages take seconds. */
  constructor(domainKey: DomainKey, store: Keys, now: () => number, epochMessages = EPOCH_MESSAGES) {
    this.#domainKey = domainKey;
    this.#store = store;
    this.#now = now;
    this.#epochMessages = epochMessages;
  }

  /** Fresh material for a key, wrapped and bound to the key's identity. */
  newVersion(key: Key, keyVersionId: string): KeyVersion {
    using material = newMaterial();
    const wrappedMaterial = this.#domainKey.wrap(identity(key, keyVersionId), material);
    return { keyId: key.keyId, keyVersionId, createdAt: key.createdAt, wrappedMaterial };
  }

  /** Encrypts under the primary version. */
  async encrypt(
    key: Key,
    plaintext: Uint8Array,
    context: EncryptionContext | undefined,
  ): Promise<{ readonly blob: Buffer; readonly keyVersionId: string }> {
    const keyVersionId = key.primaryVersionId;
    if (keyVersionId === null) throw new ApiError('Forbidden.KeyVersionNotFound');
    const version = this.#primary.get(key) ?? (await this.#findPrimary(key, keyVersionId));
    const epoch = this.#epoch(key, keyVersionId, version);
    const header = Buffer.from(epoch.header);
    const nonce = header.subarray(NONCE_OFFSET, NONCE_OFFSET + NONCE_BYTES);
    nonce.writeUInt32BE(epoch.messages++, NONCE_BYTES - 4);
    const blob = seal(epoch.keys, header, nonce, contextBytes(context), plaintext);
    return { blob, keyVersionId };
  }

  /** A version that does not exist is answered like a key that does not (KMS semantics 10.5). */
  async decrypt(key: Key, blob: Ciphertext, context: EncryptionContext | undefined): Promise<Buffer> {
    const version = await this.#version(key, blob.keyVersionId);
    if (version === undefined) throw new ApiError('Forbidden.KeyNotFound');
    return open(this.#derive(key, blob, version), blob, contextBytes(context));
  }

  async #findPrimary(key: Key, keyVersionId: string): Promise<OpenVersion> {
    const version = await this.#version(key, keyVersionId);
    if (version === undefined) throw new ApiError('Forbidden.KeyVersionNotFound');
    this.#primary.set(key, version);
    return version;
  }

  async #version(key: Key, keyVersionId: string): Promise<OpenVersion | undefined> {
    const row = await this.#store.findVersion(key.keyId, keyVersionId);
    return row && (this.#opened.get(row) ?? this.#open(key, row));
  }

  #open(key: Key, row: KeyVersion): OpenVersion {
    try {
      using material = this.#domainKey.unwrap(identity(key, row.keyVersionId), row.wrappedMaterial);
      const version = { material: openMaterial(material), epoch: undefined };
      this.#opened.set(row, version);
      return version;
    } catch (error) {
      if (!(error instanceof DoesNotOpen)) throw error;
      throw new Error(
        `version ${row.keyVersionId} of key ${key.keyId} does not open: its row in the database was edited, ` +
          'moved, or belongs to another root key; restore the database from a backup',
        { cause: error },
      );
    }
  }

  /** The nonce is a counter: the salt makes the key fresh, so a counter cannot repeat under it. */
  #epoch(key: Key, keyVersionId: string, version: OpenVersion): Epoch {
    const current = version.epoch;
    const now = this.#now();
    if (current && current.messages < this.#epochMessages && now < current.until) return current;
    const salt = randomSalt(SALT_BYTES);
    const keys = deriveMessageKeys(version.material, salt, key.keyId, keyVersionId);
    const header = epochHeader(key.keyId, keyVersionId, salt, keys.commitment);
    version.epoch = { keys, header, until: now + EPOCH_MS, messages: 0 };
    return version.epoch;
  }

  /** From the key's own id, not the blob's: what is remembered must be right whatever the blob says. */
  #derive(key: Key, blob: Ciphertext, version: OpenVersion): MessageKeys {
    const name = blob.keyVersionId + blob.salt.toString('latin1');
    const known = this.#derived.get(name);
    if (known) return known;
    const keys = deriveMessageKeys(version.material, blob.salt, key.keyId, blob.keyVersionId);
    this.#derived.set(name, keys);
    return keys;
  }
}

/** What the wrapping of a version is bound to. */
function identity(key: Key, keyVersionId: string): readonly string[] {
  return ['key version', key.accountId, key.region, key.keyId, keyVersionId, key.origin];
}
