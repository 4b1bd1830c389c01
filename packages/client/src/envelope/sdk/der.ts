import { EnvelopeError } from '../envelope-error.ts';
import { joined } from '../format/bytes.ts';
import type { Range, Source } from '../sample/source.ts';
import { invalidMessage } from './invalid.ts';

export const SEQUENCE = 0x30;
export const SET = 0x31;
export const OCTET_STRING = 0x04;
const INTEGER = 0x02;
/** Tag, length of the length, four bytes of length: more is not read. */
const MAX_PREFIX_BYTES = 6;

/** Reads elements one after the other. DER in its one spelling only: what BER allows besides is refused. */
export class DerReader {
  readonly #source: Source;
  readonly #end: number;
  #at: number;

  constructor(source: Source, { start, end }: Range = { start: 0, end: source.bytes }) {
    this.#source = source;
    this.#at = start;
    this.#end = end;
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  /** The tag of the next element. */
  peek(): number | undefined {
    return this.left > 0 ? this.#source.read(this.#at, 1)[0] : undefined;
  }

  /** Where the contents of the next element stand. */
  element(tag: number): Range {
    const prefix = this.#source.read(this.#at, Math.min(MAX_PREFIX_BYTES, this.left));
    const first = prefix[1];
    if (prefix[0] === undefined || first === undefined) throw cutOff();
    if (prefix[0] !== tag) throw invalidMessage('an element is of another kind than it has to be');
    const count = first < 0x80 ? 0 : first & 0x7f;
    if (first === 0x80 || count > 4) throw invalidMessage('a length is not in DER');
    if (prefix.length < 2 + count) throw cutOff();
    let length = count === 0 ? first : 0;
    for (const byte of prefix.subarray(2, 2 + count)) length = length * 256 + byte;
    if (count > 0 && (length < 0x80 || length < 256 ** (count - 1)))
      throw invalidMessage('a length is not in DER');
    const start = this.#at + 2 + count;
    if (start + length > this.#end) throw cutOff();
    this.#at = start + length;
    return { start, end: start + length };
  }

  into(tag: typeof SEQUENCE | typeof SET): DerReader {
    return new DerReader(this.#source, this.element(tag));
  }

  octets(name: string, min: number, max: number): Uint8Array {
    const { start, end } = this.element(OCTET_STRING);
    const length = end - start;
    if (length < min || length > max) throw invalidMessage(`its ${name} has ${length} bytes`);
    return this.#source.read(start, length);
  }

  /** 0 to 127: the format has no others. */
  small(name: string): number {
    const { start, end } = this.element(INTEGER);
    const value = this.#source.read(start, 1)[0] ?? 0x80;
    if (end - start !== 1 || value > 0x7f) throw invalidMessage(`its ${name} is not a small number`);
    return value;
  }

  end(): void {
    if (this.left > 0) throw invalidMessage('it has bytes left over');
  }

  /** The bytes from `start` up to where the reader stands. */
  since(start: number): Uint8Array {
    return this.#source.read(start, this.#at - start);
  }
}

const cutOff = (): EnvelopeError =>
  new EnvelopeError('Truncated', 'the Encryption SDK message is cut off, or a length in it is damaged');

/** Tag and length of contents of `length` bytes. */
export function derPrefix(tag: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(tag, length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.of(tag, 0x80 | bytes.length, ...bytes);
}

export function der(tag: number, ...contents: Uint8Array[]): Uint8Array {
  const whole = joined(contents);
  return joined([derPrefix(tag, whole.length), whole]);
}

export const derSmall = (value: number): Uint8Array => der(INTEGER, Uint8Array.of(value));
