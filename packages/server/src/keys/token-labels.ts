import { randomBytes } from 'node:crypto';
import type { DomainKey } from './domain-key.ts';
import type { Key } from './key.ts';

const LABEL = /^keyhold\/[0-9a-f]{16}\/(key|pair)\/([0-9a-f-]{36})\/(\d{1,16})\/[0-9a-f]{16}$/;

/** What is in a token, as its label says. */
export interface TokenObject {
  readonly label: string;
  readonly kind: 'key' | 'pair';
  readonly keyId: string;
  /**
   * Of a key: the revision of its row that it was made for, so that whoever changes the row can tell what was made
   * before. Of a pair: when it is of no use any more.
   */
  readonly number: number;
}

/**
 * Labels of this server's objects in a token:
 *
 *   keyhold/<family>/key/<key id>/<revision>/<random>
 *   keyhold/<family>/pair/<key id>/<milliseconds>/<random>
 *
 * A token may serve several servers. The family follows from the domain key, so that none takes another's objects
 * for its own.
 */
export class TokenLabels {
  /** How each begins. */
  readonly all: string;

  constructor(domainKey: DomainKey) {
    const family = domainKey.mac(['family of labels in tokens']).toString('hex', 0, 8);
    this.all = `keyhold/${family}/`;
  }

  newKey({ keyId, revision }: Key): string {
    return this.#new('key', keyId, revision);
  }

  newPair({ keyId }: Key, until: number): string {
    return this.#new('pair', keyId, until);
  }

  keysOf(keyId: string): string {
    return `${this.all}key/${keyId}/`;
  }

  pairsOf(keyId: string): string {
    return `${this.all}pair/${keyId}/`;
  }

  /** Undefined for what this server would not have written. */
  parse(label: string): TokenObject | undefined {
    const [, kind, keyId = '', number] = LABEL.exec(label) ?? [];
    if (kind === undefined || !label.startsWith(this.all)) return undefined;
    return { label, kind: kind as TokenObject['kind'], keyId, number: Number(number) };
  }

  #new(kind: TokenObject['kind'], keyId: string, number: number): string {
    return `${this.all}${kind}/${keyId}/${number}/${randomBytes(8).toString('hex')}`;
  }
}
