import type { DomainKey } from '../../keys/domain-key.ts';
import type { Position } from './query.ts';

/** Where the next page begins, and the range of the first, which may have been "until now". */
export interface Page {
  readonly after: Position;
  /** Seconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/**
 * Tokens of the next page: a page and a MAC over it and over what was asked, so that a token serves the account
 * and the question it was given for, and no other.
 */
export class PageTokens {
  readonly #key: DomainKey;

  constructor(key: DomainKey) {
    this.#key = key;
  }

  seal(asked: readonly string[], { after, from, to }: Page): string {
    const text = [after.segment, after.line, from, to].join('.');
    return `${text}.${this.#key.mac(fields(asked, text)).toString('base64url')}`;
  }

  /** Undefined where the token was not given for this. */
  open(asked: readonly string[], token: string): Page | undefined {
    const match = /^((\d+)\.(\d+)\.(\d+)\.(\d+))\.([\w-]{43})$/.exec(token);
    const [, text = '', segment, line, from, to, mac = ''] = match ?? [];
    const bytes = Buffer.from(mac, 'base64url');
    // Base64 can spell the same bytes in several ways; a token has one.
    if (!match || bytes.toString('base64url') !== mac || !this.#key.isMac(fields(asked, text), bytes)) {
      return undefined;
    }
    return { after: { segment: Number(segment), line: Number(line) }, from: Number(from), to: Number(to) };
  }
}

const fields = (asked: readonly string[], text: string): readonly string[] => ['lookup page', text, ...asked];
