import { EnvelopeError } from '../envelope-error.ts';
import { BLOCK_BYTES, blocksOf, type Range, type Source } from './source.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Undefined for everything but the one spelling of some bytes: no line breaks, right padding, no stray bits. */
export function fromBase64(text: string): Bytes | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? Uint8Array.from(bytes) : undefined;
}

/** How many bytes the text stands for, by its length and its end. Undefined where it cannot be Base64. */
export function decodedLength(source: Source, { start, end }: Range): number | undefined {
  const length = end - start;
  if (length % 4 !== 0) return undefined;
  const last = latin1(source.read(Math.max(start, end - 2), Math.min(2, length)));
  return (length / 4) * 3 - (last === '==' ? 2 : last.endsWith('=') ? 1 : 0);
}

/** What the text stands for, in blocks. Throws DamagedChunk where it is not Base64 in its one spelling. */
export function* decodedBlocks(source: Source, range: Range): Generator<Bytes> {
  let at = range.start;
  for (const block of blocksOf(source, range)) {
    at += block.length;
    const bytes = fromBase64(latin1(block));
    if (!bytes || (at < range.end && bytes.length !== (BLOCK_BYTES / 4) * 3)) {
      throw new EnvelopeError('DamagedChunk', 'line 3 of the sample file, the ciphertext, is not Base64');
    }
    yield bytes;
  }
}

/** Base64 without line breaks of bytes that come in pieces. */
export class Base64Writer {
  #rest: Uint8Array = new Uint8Array(0);

  update(bytes: Uint8Array): Bytes {
    const all = Buffer.concat([this.#rest, bytes]);
    const whole = all.length - (all.length % 3);
    this.#rest = all.subarray(whole);
    return ascii(all.toString('base64', 0, whole));
  }

  end(): Bytes {
    return ascii(Buffer.from(this.#rest).toString('base64'));
  }
}

export const ascii = (text: string): Bytes => Uint8Array.from(Buffer.from(text, 'latin1'));

export const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
