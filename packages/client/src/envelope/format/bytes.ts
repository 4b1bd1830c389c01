import { EnvelopeError } from '../envelope-error.ts';

/** Reads big-endian fields one after the other. What reaches past the end is an invalid header. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  /** A view, not a copy. */
  take(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** What was read from `start` on. A view. */
  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.#at);
  }

  /** A field behind its 16-bit length. */
  field(name: string, min: number, max: number): Uint8Array {
    const length = this.u16();
    if (length < min || length > max) throw invalidHeader(`its ${name} has ${length} bytes`);
    return this.take(length);
  }

  #advance(length: number): number {
    if (this.left < length) throw invalidHeader('a field reaches past the end of what holds it');
    const start = this.#at;
    this.#at += length;
    return start;
  }
}

export const invalidHeader = (what: string): EnvelopeError =>
  new EnvelopeError('InvalidHeader', `the header is damaged or was not written by this format: ${what}`);

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);

export const withLength = (field: Uint8Array): Uint8Array => joined([u16(field.length), field]);

/** As `memcmp` orders, then the shorter first. Not for secrets. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Not for secrets. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => compareBytes(a, b) === 0;

/** A byte order mark stays a character: otherwise two encodings would read alike. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

export function textOf(bytes: Uint8Array, name: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw invalidHeader(`its ${name} is not UTF-8`);
  }
}
