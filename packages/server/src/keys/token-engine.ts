import { timingSafeEqual } from 'node:crypto';
import { ApiError } from '@keyhold/api/errors.ts';
import { LRUCache } from 'lru-cache';
import { type KeyBits, type Token, TokenRefused } from '../hsm/token.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { type Condemned, Conflict } from '../store/store.ts';
import { DoesNotOpen, type DomainKey } from './domain-key.ts';
import type { Engine, ImportedMaterial, Material, WrappedMaterial, Wrapping } from './engine.ts';
import { EPOCH_MESSAGES, type EpochRules } from './epoch.ts';
import type { Key } from './key.ts';
import { KEY_SPECS, specOf } from './key-specs.ts';
import { AES_256_GCM } from './suites.ts';
import { TokenLabels } from './token-labels.ts';
import { type Commitments, TokenMaterial } from './token-material.ts';
import { TokenPairs } from './token-pairs.ts';

/** Those of AES, whose keys `Token` can hold. */
const SPECS: ReadonlySet<string> = new Set(
  [...KEY_SPECS].filter(([, { suite }]) => suite === AES_256_GCM).map(([keySpec]) => keySpec),
);

/** Of salts of earlier epochs and other processes, about 0.3 KB each. */
const COMMITMENTS_IN_MEMORY = 16_384;

/**
 * Material that is made in a token, or unwrapped there, and never leaves it. What the store keeps of a version is
 * the label of its object, wrapped under the domain key, which binds it as it binds material.
 *
 * The token and the store cannot change together. An object is made before the store names it: one that a crash
 * leaves between is told of. What the store lets go of it condemns in the same change, until it is destroyed
 * (`jobs/sweep-token.ts`).
 */
export class TokenEngine implements Engine {
  readonly labels: TokenLabels;
  readonly #token: Token;
  readonly #domainKey: DomainKey;
  readonly #regions: ReadonlySet<string>;
  readonly #pairs: TokenPairs;
  readonly #epochs: EpochRules;
  readonly #commitments: Commitments = new LRUCache({ max: COMMITMENTS_IN_MEMORY });

  constructor(
    token: Token,
    domainKey: DomainKey,
    regions: readonly string[],
    now: () => number,
    messages = EPOCH_MESSAGES,
  ) {
    this.#token = token;
    this.#domainKey = domainKey;
    this.#regions = new Set(regions);
    this.labels = new TokenLabels(domainKey);
    this.#pairs = new TokenPairs(token, this.labels, now);
    this.#epochs = { now, messages };
  }

  specsIn(region: string): ReadonlySet<string> | undefined {
    return this.#regions.has(region) ? SPECS : undefined;
  }

  async generate(key: Key, keyVersionId: string): Promise<Uint8Array> {
    const label = this.labels.newKey(key);
    await this.#token.makeKey(label, bitsOf(key)).catch((error: unknown) => {
      throw unsupported(error, key);
    });
    return this.#keep(key, keyVersionId, label);
  }

  makeWrapping(...asked: Parameters<Engine['makeWrapping']>): Promise<Wrapping> {
    return this.#pairs.make(...asked);
  }

  /** What does not fit costs the token the same calls: a key is made, measured and, as other material would be, destroyed. */
  async importMaterial(
    key: Key,
    keyVersionId: string,
    wrapped: WrappedMaterial,
    known: Uint8Array | null,
  ): Promise<ImportedMaterial | undefined> {
    const label = this.labels.newKey(key);
    const fits = await this.#takeIn(label, key, wrapped);
    if (!fits) await this.#token.makeKey(label, bitsOf(key));
    const fingerprint = await this.#fingerprint(label, key).catch((error: unknown) => {
      // Erased meanwhile, with all that was made for this revision of the key, which is over.
      throw isGone(error) ? new Conflict() : error;
    });
    const same = timingSafeEqual(fingerprint, known ?? fingerprint);
    if (fits && same) return { kept: this.#keep(key, keyVersionId, label), fingerprint };
    await this.#token.destroy(label);
    return undefined;
  }

  async holds(key: Key, keyVersionId: string, kept: Uint8Array, fingerprint: Uint8Array): Promise<boolean> {
    try {
      return timingSafeEqual(
        await this.#fingerprint(this.labelOf(key, keyVersionId, kept), key),
        fingerprint,
      );
    } catch (error) {
      if (isGone(error) || error instanceof DoesNotOpen) return false;
      throw error;
    }
  }

  async discard(key: Key, keyVersionId: string, kept: Uint8Array): Promise<void> {
    try {
      await this.#token.destroy(this.labelOf(key, keyVersionId, kept));
    } catch {
      // It stays, is told of as one that nothing names, and goes when the material of the key does.
    }
  }

  async open(key: Key, keyVersionId: string, kept: Uint8Array): Promise<Material> {
    const version = { keyId: key.keyId, keyVersionId, label: this.labelOf(key, keyVersionId, kept) };
    return new TokenMaterial(this.#token, version, this.#epochs, this.#commitments);
  }

  /** A token that has nothing of this server may be another of the same name. */
  async erase({ keyId, revision }: Condemned): Promise<boolean> {
    const made = await this.#token.list(this.labels.keysOf(keyId));
    for (const label of made) {
      const object = this.labels.parse(label);
      if (object && object.number <= revision) await this.#token.destroy(label);
    }
    return made.length > 0 || (await this.#token.list(this.labels.all)).length > 0;
  }

  /** Throws `DoesNotOpen` where it was not kept for this version of this key. */
  labelOf(key: Key, keyVersionId: string, kept: Uint8Array): string {
    return labelOf(this.#domainKey, key, keyVersionId, kept);
  }

  #keep(key: Key, keyVersionId: string, label: string): Buffer {
    return this.#domainKey.wrap(identity(key, keyVersionId), new SecretBytes(Buffer.from(label, 'ascii')));
  }

  /** False where it is not material of the key's length, wrapped for this pair. */
  async #takeIn(label: string, key: Key, { handle, algorithm, wrapped }: WrappedMaterial): Promise<boolean> {
    const pair = Buffer.from(handle.open()).toString('ascii');
    try {
      await this.#token.importKey(label, bitsOf(key), { pair, algorithm, encrypted: wrapped });
      return true;
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      if (error.refusal === 'bad-material') return false;
      if (!isGone(error)) throw unsupported(error, key);
      const reason = 'its private key is not in the HSM any more; get a new one with its public key';
      throw new ApiError('InvalidImportToken', { reason }, { cause: error });
    }
  }

  /** Under the domain key as well: whoever guesses material that is no random key cannot try it on the database. */
  async #fingerprint(label: string, { keyId }: Key): Promise<Buffer> {
    using ofToken = new SecretBytes(await this.#token.fingerprint(label, Buffer.from(keyId, 'ascii')));
    return this.#domainKey.fingerprint(['key material in a token', keyId], ofToken);
  }
}

/** Needs no token. Throws `DoesNotOpen` where it was not kept for this version of this key. */
export function labelOf(domainKey: DomainKey, key: Key, keyVersionId: string, kept: Uint8Array): string {
  using label = domainKey.unwrap(identity(key, keyVersionId), kept);
  return Buffer.from(label.open()).toString('ascii');
}

/** What the label of a version is bound to. */
function identity(key: Key, keyVersionId: string): readonly string[] {
  const { accountId, region, keyId, origin, keySpec } = key;
  return ['key version in a token', accountId, region, keyId, keyVersionId, origin, keySpec];
}

function bitsOf(key: Key): KeyBits {
  if (!SPECS.has(key.keySpec)) throw new Error(`key ${key.keyId} is of ${key.keySpec}, which no token holds`);
  return (specOf(key).materialBytes * 8) as KeyBits; // 128, 192 or 256 for these
}

const isGone = (error: unknown): boolean => error instanceof TokenRefused && error.refusal === 'no-such-key';

function unsupported(error: unknown, { keySpec }: Key): unknown {
  if (!(error instanceof TokenRefused) || error.refusal !== 'unsupported') return error;
  const reason = `the HSM does not take ${keySpec} this way; Aliyun_AES_256 is what every HSM knows`;
  return new ApiError('UnsupportedOperation', { reason }, { cause: error });
}
