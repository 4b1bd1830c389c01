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
  return text.includes('\\') ? new Reader(text, false).whole() : JSON.parse(text);
}

/**
 * Like `parseJson`, for documents that people write: a member given twice in one object is refused, also where
 * the two are spelt differently, and the error says where.
 *
 * Throws JsonTextError.
 */
export function parseUniqueJson(text: string): unknown {
  return new Reader(text, true).whole();
}

/** Line and column count from 1, the column in UTF-16 units. */
export class JsonTextError extends SyntaxError {
  override readonly name = 'JsonTextError';
  readonly line: number;
  readonly column: number;

  constructor(message: string, text: string, at: number) {
    super(message);
    const lines = text.slice(0, at).split(/\r\n?|\n/);
    this.line = lines.length;
    this.column = (lines.at(-1)?.length ?? 0) + 1;
  }
}

const SPACE = /[ \t\n\r]*/y;
const WORD = /[-+.\w]*/y;

class Reader {
  readonly #text: string;
  readonly #unique: boolean;
  #at = 0;

  constructor(text: string, unique: boolean) {
    this.#text = text;
    this.#unique = unique;
  }

  whole(): unknown {
    const value = this.#value(0);
    if (this.#next() !== undefined) this.#fail('more after the JSON value');
    return value;
  }

  #value(depth: number): unknown {
    if (depth > MOST_DEPTH) this.#fail('nested too deeply');
    if (this.#take('{')) return this.#object(depth);
    if (this.#take('[')) return this.#members(']', () => this.#value(depth + 1));
    return this.#scalar();
  }

  #object(depth: number): object {
    const names = new Set<string>();
    return Object.fromEntries(this.#members('}', () => this.#member(depth, names)));
  }

  #members<T>(end: string, member: () => T): T[] {
    const found: T[] = [];
    if (this.#take(end)) return found;
    do found.push(member());
    while (this.#take(','));
    if (!this.#take(end)) this.#fail(`${end} expected`);
    return found;
  }

  #member(depth: number, names: Set<string>): [string, unknown] {
    this.#next();
    const start = this.#at;
    const name = this.#scalar();
    if (typeof name !== 'string') this.#fail('a member name expected', start);
    if (this.#unique && names.has(name)) {
      this.#fail(`the member ${JSON.stringify(name)} is given twice`, start);
    }
    names.add(name);
    if (!this.#take(':')) this.#fail('a colon expected');
    return [name, this.#value(depth + 1)];
  }

  /** A string, number or literal: `JSON.parse` reads it alone, and refuses what is none. */
  #scalar(): unknown {
    const first = this.#next();
    const start = this.#at;
    if (first === '"') this.#at = this.#endOfString();
    else {
      WORD.lastIndex = this.#at;
      WORD.exec(this.#text);
      this.#at = WORD.lastIndex;
    }
    try {
      return JSON.parse(this.#text.slice(start, this.#at));
    } catch {
      this.#fail('not a JSON value', start);
    }
  }

  #endOfString(): number {
    for (let end = this.#at + 1; ; end++) {
      end = this.#text.indexOf('"', end);
      if (end === -1) this.#fail('a string without end');
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

  #fail(message: string, at = this.#at): never {
    throw new JsonTextError(message, this.#text, at);
  }
}
