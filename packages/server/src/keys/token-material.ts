import { timingSafeEqual } from 'node:crypto';
import { ApiError } from '@keyhold/api/errors.ts';
import type { LRUCache } from 'lru-cache';
import { type Token, TokenRefused } from '../hsm/token.ts';
import { type Ciphertext, SALT_BYTES } from './ciphertext.ts';
import { contextBytes, type EncryptionContext } from './encryption-context.ts';
import { type Material, MaterialGone } from './engine.ts';
import { type Epoch, type EpochRules, isCurrent, newEpoch, nextMessage } from './epoch.ts';
import { randomSalt } from './software.ts';
import { TOKEN_SUITE_ID } from './suites.ts';

export interface TokenVersion {
  readonly keyId: string;
  readonly keyVersionId: string;
  readonly label: string;
}

/** What tokens commit to, by label and salt: not secret, asked for once. */
export type Commitments = LRUCache<string, Buffer>;

interface TokenEpoch extends Epoch {
  readonly salt: Buffer;
}

/** A version whose material is in a token: the salt of a blob is the seed of its message key there. */
export class TokenMaterial implements Material {
  readonly #token: Token;
  readonly #version: TokenVersion;
  readonly #rules: EpochRules;
  readonly #commitments: Commitments;
  #epoch: TokenEpoch | undefined;
  #beginning: Promise<void> | undefined;

  constructor(token: Token, version: TokenVersion, rules: EpochRules, commitments: Commitments) {
    this.#token = token;
    this.#version = version;
    this.#rules = rules;
    this.#commitments = commitments;
  }

  /** No turn of the event loop is between looking at an epoch and taking a nonce of it. */
  async encrypt(plaintext: Uint8Array, context: EncryptionContext | undefined): Promise<Buffer> {
    while (!this.#epoch || !isCurrent(this.#epoch, this.#rules)) await this.#begun();
    const { salt } = this.#epoch;
    const { header, nonce } = nextMessage(this.#epoch);
    const bound = Buffer.concat([header, contextBytes(context)]);
    const sealed = await this.#asked(this.#token.seal(this.#version.label, salt, nonce, bound, plaintext));
    return Buffer.concat([header, sealed]);
  }

  async decrypt(blob: Ciphertext, context: EncryptionContext | undefined): Promise<Buffer> {
    const { header, salt, nonce, body, tag } = blob;
    const committed = timingSafeEqual(await this.#commitment(salt), blob.commitment);
    const bound = Buffer.concat([header, contextBytes(context)]);
    const sealed = Buffer.concat([body, tag]);
    const plaintext = await this.#asked(this.#token.open(this.#version.label, salt, nonce, bound, sealed));
    if (plaintext !== undefined && committed && this.#isNamedBy(blob)) return plaintext;
    plaintext?.fill(0);
    throw new ApiError('InvalidParameter', { parameter: 'CiphertextBlob' });
  }

  /** Imported material may be that of another key as well: the names in the header, which is authenticated, decide. */
  #isNamedBy({ suiteId, keyId, keyVersionId }: Ciphertext): boolean {
    const own = this.#version;
    return suiteId === TOKEN_SUITE_ID && keyId === own.keyId && keyVersionId === own.keyVersionId;
  }

  /** Whoever comes meanwhile waits for the same. */
  #begun(): Promise<void> {
    this.#beginning ??= this.#begin().finally(() => {
      this.#beginning = undefined;
    });
    return this.#beginning;
  }

  async #begin(): Promise<void> {
    const salt = randomSalt(SALT_BYTES);
    const commitment = await this.#commitment(salt);
    const { keyId, keyVersionId } = this.#version;
    const epoch = newEpoch(this.#rules, TOKEN_SUITE_ID, keyId, keyVersionId, salt, commitment);
    this.#epoch = { ...epoch, salt };
  }

  async #commitment(salt: Buffer): Promise<Buffer> {
    const { label } = this.#version;
    const name = label + salt.toString('latin1');
    const known = this.#commitments.get(name);
    if (known !== undefined) return known;
    const commitment = await this.#asked(this.#token.commitment(label, salt));
    this.#commitments.set(name, commitment);
    return commitment;
  }

  async #asked<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof TokenRefused) || error.refusal !== 'no-such-key') throw error;
      const { keyId, keyVersionId, label } = this.#version;
      throw new MaterialGone(
        `version ${keyVersionId} of key ${keyId} is not in ${this.#token.source}: it was destroyed there, or ` +
          `this is another token; put back the one with "${label}"`,
        { cause: error },
      );
    }
  }
}
