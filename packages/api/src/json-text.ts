/** Deeper than any parameter of the API. */
const MOST_DEPTH = 64;

/**
 * What `JSON.parse` should give. V8 may read an escaped member name as another one that it has met before
 * (nodejs/node#63785), so that one caller's text could change how another's is read. Names without escapes
 * are safe; a text with a backslash is taken apart here, and only its strings and numbers go to `JSON.parse`.
 *
 * Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  return text.includes('\\') ? new Reader(text).whole() : JSON.parse(text);
}

const SPACE = /[ \t\n\r]*/y;
const WORD = /[-+.\w]*/y;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): unknown {
    const value = this.#value(0);
    if (this.#next() !== undefined) throw new SyntaxError('more after the JSON value');
    return value;
  }

  #value(depth: number): unknown {
    if (depth > MOST_DEPTH) throw new SyntaxError('nested too deeply');
    if (this.#take('{')) return Object.fromEntries(this.#members('}', () => this.#member(depth)));
    if (this.#take('[')) return this.#members(']', () => this.#value(depth + 1));
    return this.#scalar();
  }

  #members<T>(end: string, member: () => T): T[] {
    const found: T[] = [];
    if (this.#take(end)) return found;
    do found.push(member());
    while (this.#take(','));
    if (!this.#take(end)) throw new SyntaxError(`${end} expected`);
    return found;
  }

  #member(depth: number): [string, unknown] {
    const name = this.#scalar();
    if (typeof name !== 'string' || !this.#take(':')) throw new SyntaxError('a member name expected');
    return [name, this.#value(depth + 1)];
  }

  /** A string, number or literal: `JSON.parse` reads it alone, and refuses what is none. */
  #scalar(): unknown {
    const start = this.#at;
    if (this.#next() === '"') this.#at = this.#endOfString();
    else {
      WORD.lastIndex = this.#at;
      WORD.exec(this.#text);
      this.#at = WORD.lastIndex;
    }
    return JSON.parse(this.#text.slice(start, this.#at));
  }

  #endOfString(): number {
    for (let end = this.#at + 1; ; end++) {
      end = this.#text.indexOf('"', end);
      if (end === -1) throw new SyntaxError('a string without end');
      let backslashes = 0;
      while (this.#text[end - 1 - backslashes] === '\\') backslashes++;
      if (backslashes % 2 === 0) return end + 1;
    }
  }

  #take(character: string): boolean {
    if (this.#next() !== character) return false;
    this.#at++;
    return true;
  }

  /** The next character that is not white space. */
  #next(): string | undefined {
    SPACE.lastIndex = this.#at;
    SPACE.exec(this.#text);
    this.#at = SPACE.lastIndex;
    return this.#text[this.#at];
  }
}
