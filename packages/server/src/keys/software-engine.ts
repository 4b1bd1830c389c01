import { createPrivateKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Ciphertext, epochHeader, NONCE_BYTES, NONCE_OFFSET, SALT_BYTES } from './ciphertext.ts';
import { DoesNotOpen, type DomainKey } from './domain-key.ts';
import { contextBytes, type EncryptionContext } from './encryption-context.ts';
import type { Engine, ImportedMaterial, Material, WrappedMaterial } from './engine.ts';
import type { Key } from './key.ts';
import { KEY_SPECS, specOf } from './key-specs.ts';
import {
  deriveMessageKeys,
  type MessageKeys,
  newMaterial,
  open,
  openMaterial,
  randomSalt,
  seal,
} from './software.ts';
import type { Suite } from './suites.ts';
import { unwrapMaterial } from './unwrap-material.ts';
import { WrappingPairs } from './wrapping-pairs.ts';

/** A process reuses one salt for at most this many messages or this long. */
const EPOCH_MESSAGES = 2 ** 20;
const EPOCH_MS = 60_000;

/** Keys derived for salts of earlier epochs and other processes, about 0.5 KB each. */
const DERIVED_KEYS_IN_MEMORY = 16_384;

/** Material wrapped under the domain key, and used in this process. */
export class SoftwareEngine implements Engine {
  readonly specs: ReadonlySet<string> = new Set(KEY_SPECS.keys());
  readonly #pairs = new WrappingPairs();
  readonly #domainKey: DomainKey;
  readonly #epochs: EpochRules;
  readonly #derived = new LRUCache<string, MessageKeys>({ max: DERIVED_KEYS_IN_MEMORY });

  /** A smaller `messages` than the default serves tests: a million messages take seconds. */
  constructor(domainKey: DomainKey, now: () => number, messages = EPOCH_MESSAGES) {
    this.#domainKey = domainKey;
    this.#epochs = { now, messages };
  }

  async generate(key: Key, keyVersionId: string): Promise<Uint8Array> {
    using material = newMaterial(specOf(key).materialBytes);
    return this.#domainKey.wrap(identity(key, keyVersionId), material);
  }

  makeWrapping: Engine['makeWrapping'] = (spec) => this.#pairs.take(spec);

  async importMaterial(
    key: Key,
    keyVersionId: string,
    { handle, algorithm, wrapped }: WrappedMaterial,
    known: Uint8Array | null,
  ): Promise<ImportedMaterial | undefined> {
    const der = Buffer.from(handle.open());
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    der.fill(0);
    const { material, fits } = unwrapMaterial(privateKey, algorithm, wrapped, specOf(key).materialBytes);
    using secret = material;
    const fingerprint = this.#domainKey.fingerprint(['key material', key.keyId], secret);
    const same = timingSafeEqual(fingerprint, known ?? fingerprint);
    const kept = this.#domainKey.wrap(identity(key, keyVersionId), secret);
    return fits && same ? { kept, fingerprint } : undefined;
  }

  async open(key: Key, keyVersionId: string, kept: Uint8Array): Promise<Material> {
    const { materialBytes, suite } = specOf(key);
    using material = this.#domainKey.unwrap(identity(key, keyVersionId), kept);
    if (material.open().length !== materialBytes) throw new DoesNotOpen();
    const version = { suite, keyId: key.keyId, keyVersionId, material: openMaterial(material) };
    return new SoftwareMaterial(version, this.#epochs, this.#derived);
  }

  /** Nothing that was derived from it may stay. That is rare, so what was derived for other keys goes too. */
  async erase(): Promise<void> {
    this.#derived.clear();
  }
}

/** What the wrapping of a version is bound to. */
function identity(key: Key, keyVersionId: string): readonly string[] {
  return ['key version', key.accountId, key.region, key.keyId, keyVersionId, key.origin];
}

interface EpochRules {
  readonly now: () => number;
  readonly messages: number;
}

interface Epoch {
  readonly keys: MessageKeys;
  readonly header: Buffer;
  readonly until: number;
  messages: number;
}

interface OpenVersion {
  readonly suite: Suite;
  readonly keyId: string;
  readonly keyVersionId: string;
  readonly material: KeyObject;
}

class SoftwareMaterial implements Material {
  readonly #version: OpenVersion;
  readonly #rules: EpochRules;
  readonly #derived: LRUCache<string, MessageKeys>;
  #epoch: Epoch | undefined;

  constructor(version: OpenVersion, rules: EpochRules, derived: LRUCache<string, MessageKeys>) {
    this.#version = version;
    this.#rules = rules;
    this.#derived = derived;
  }

  encrypt(plaintext: Uint8Array, context: EncryptionContext | undefined): Buffer {
    const epoch = this.#currentEpoch();
    const header = Buffer.from(epoch.header);
    const nonce = header.subarray(NONCE_OFFSET, NONCE_OFFSET + NONCE_BYTES);
    nonce.writeUInt32BE(epoch.messages++, NONCE_BYTES - 4);
    return seal(epoch.keys, header, nonce, contextBytes(context), plaintext);
  }

  decrypt(blob: Ciphertext, context: EncryptionContext | undefined): Buffer {
    const name = this.#version.keyVersionId + blob.salt.toString('latin1');
    let keys = this.#derived.get(name);
    if (keys === undefined) {
      keys = this.#derive(blob.salt);
      this.#derived.set(name, keys);
    }
    return open(keys, blob, contextBytes(context));
  }

  /** The nonce is a counter: the salt makes the key fresh, so a counter cannot repeat under it. */
  #currentEpoch(): Epoch {
    const current = this.#epoch;
    const now = this.#rules.now();
    if (current && current.messages < this.#rules.messages && now < current.until) return current;
    const salt = randomSalt(SALT_BYTES);
    const keys = this.#derive(salt);
    const { suite, keyId, keyVersionId } = this.#version;
    const header = epochHeader(suite.id, keyId, keyVersionId, salt, keys.commitment);
    this.#epoch = { keys, header, until: now + EPOCH_MS, messages: 0 };
    return this.#epoch;
  }

  /** From the key's own names and suite, not the blob's: what is remembered must be right whatever that says. */
  #derive(salt: Uint8Array): MessageKeys {
    const { suite, material, keyId, keyVersionId } = this.#version;
    return deriveMessageKeys(suite, material, salt, keyId, keyVersionId);
  }
}
