import { type Head, PREFIX_BYTES, sealLine } from './chain.ts';
import type { Entry } from './entry.ts';
import { type Header, headerText, type LineEncoder } from './line.ts';

const FIRST_BYTES = 64 << 10;

/** Lines that share one write: finished bytes, and the promise of everyone who waits for them. */
export class Batch {
  /** Settled when the lines are durable, or will never be. */
  readonly done = Promise.withResolvers<void>();
  /** The segment these lines begin, undefined where they go on in the present one. */
  readonly opens: { readonly segment: number; readonly time: number } | undefined;
  readonly encoder: LineEncoder;
  #bytes: Buffer;
  #length = 0;
  #entries = 0;
  #head: Head;

  constructor(head: Head, encoder: LineEncoder, opening?: { header: Header; time: number }, spare?: Buffer) {
    this.#head = head;
    this.encoder = encoder;
    this.#bytes = spare ?? Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.opens = opening && { segment: opening.header.segment, time: opening.time };
    if (opening) this.#push(headerText(head.seq + 1, opening.time, opening.header));
    // Everyone who appended has the promise; a batch of none but a header has nobody.
    this.done.promise.catch(() => undefined);
  }

  get head(): Head {
    return this.#head;
  }

  /** How many callers wait. */
  get entries(): number {
    return this.#entries;
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** The whole buffer, for the batch after next. */
  get buffer(): Buffer {
    return this.#bytes;
  }

  add(entry: Entry): void {
    this.#entries++;
    this.#push(this.encoder.encode(this.#head.seq + 1, entry));
  }

  #push(json: string): void {
    const start = this.#length;
    const jsonAt = start + PREFIX_BYTES;
    const most = jsonAt + 3 * json.length + 1;
    if (most > this.#bytes.length) this.#bytes = Buffer.concat([this.bytes], 2 * most);
    const end = jsonAt + this.#bytes.write(json, jsonAt, 'utf8');
    this.#head = { seq: this.#head.seq + 1, hash: sealLine(this.#bytes, start, end, this.#head.hash) };
    this.#length = end + 1;
  }
}
