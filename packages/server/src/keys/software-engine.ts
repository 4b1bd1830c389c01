import { createPrivateKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Ciphertext, SALT_BYTES } from './ciphertext.ts';
import { DoesNotOpen, type DomainKey } from './domain-key.ts';
import { contextBytes, type EncryptionContext } from './encryption-context.ts';
import type { Engine, ImportedMaterial, Material, WrappedMaterial } from './engine.ts';
import { EPOCH_MESSAGES, type Epoch, type EpochRules, isCurrent, newEpoch, nextMessage } from './epoch.ts';
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

/** Keys derived for salts of earlier epochs and other processes, about 0.5 KB each. */
const DERIVED_KEYS_IN_MEMORY = 16_384;

const SPECS: ReadonlySet<string> = new Set(KEY_SPECS.keys());

/** Material wrapped under the domain key, and used in this process. */
export class SoftwareEngine implements Engine {
  readonly #pairs = new WrappingPairs();
  readonly #domainKey: DomainKey;
  readonly #epochs: EpochRules;
  readonly #derived = new LRUCache<string, MessageKeys>({ max: DERIVED_KEYS_IN_MEMORY });

  constructor(domainKey: DomainKey, now: () => number, messages = EPOCH_MESSAGES) {
    this.#domainKey = domainKey;
    this.#epochs = { now, messages };
  }

  specsIn(): ReadonlySet<string> {
    return SPECS;
  }

  async generate(key: Key, keyVersionId: string): Promise<Uint8Array> {
    using material = newMaterial(specOf(key).materialBytes);
    return this.#domainKey.wrap(identity(key, keyVersionId), material);
  }

  makeWrapping: Engine['makeWrapping'] = (_, spec) => this.#pairs.take(spec);

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

  /** All there is of it is what is kept. */
  async holds(): Promise<boolean> {
    return false;
  }

  async discard(): Promise<void> {}

  /** Nothing that was derived from it may stay. That is rare, so what was derived for other keys goes too. */
  async erase(): Promise<boolean> {
    this.#derived.clear();
    return true;
  }
}

/** What the wrapping of a version is bound to. */
function identity(key: Key, keyVersionId: string): readonly string[] {
  return ['key version', key.accountId, key.region, key.keyId, keyVersionId, key.origin];
}

interface SoftwareEpoch extends Epoch {
  readonly keys: MessageKeys;
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
  #epoch: SoftwareEpoch | undefined;

  constructor(version: OpenVersion, rules: EpochRules, derived: LRUCache<string, MessageKeys>) {
    this.#version = version;
    this.#rules = rules;
    this.#derived = derived;
  }

  encrypt(plaintext: Uint8Array, context: EncryptionContext | undefined): Buffer {
    const epoch = this.#currentEpoch();
    const { header, nonce } = nextMessage(epoch);
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

  #currentEpoch(): SoftwareEpoch {
    const current = this.#epoch;
    if (current && isCurrent(current, this.#rules)) return current;
    const salt = randomSalt(SALT_BYTES);
    const keys = this.#derive(salt);
    const { suite, keyId, keyVersionId } = this.#version;
    const epoch = newEpoch(this.#rules, suite.id, keyId, keyVersionId, salt, keys.commitment);
    this.#epoch = { ...epoch, keys };
    return this.#epoch;
  }

  /** From the key's own names and suite, not the blob's: what is remembered must be right whatever that says. */
  #derive(salt: Uint8Array): MessageKeys {
    const { suite, material, keyId, keyVersionId } = this.#version;
    return deriveMessageKeys(suite, material, salt, keyId, keyVersionId);
  }
}
