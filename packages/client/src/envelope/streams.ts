import { EnvelopeError } from './envelope-error.ts';
import { joined } from './format/bytes.ts';
import { TAG_BYTES, truncated } from './format/chunks.ts';
import { FIXED_BYTES, headerLength, parseHeader } from './format/header.ts';
import { openChunk, sealChunk } from './keys/chunk-cipher.ts';
import type { EnvelopeKeys } from './keys/envelope-keys.ts';
import { openEnvelope, type ReadOptions } from './keys/open-envelope.ts';
import { type NewEnvelope, newEnvelope, planEnvelope, type WriteOptions } from './keys/write-envelope.ts';
import { Pieces } from './pieces.ts';

type Bytes = Uint8Array<ArrayBuffer>;
type Output = TransformStreamDefaultController<Bytes>;

export interface StreamWriteOptions extends WriteOptions {
  /**
   * Where it is known, the data key cache can be used and a small envelope gets no padding. The stream fails where
   * it turns out wrong.
   */
  readonly plaintextBytes?: number | undefined;
}

/** Plaintext in, an envelope out. Holds one chunk. What KMS refuses comes out as the stream's error. */
export function encryptStream(options: StreamWriteOptions): TransformStream<Uint8Array, Bytes> {
  const plan = planEnvelope(options);
  return ownedTransform(
    new Encryption(() => newEnvelope(plan, options.plaintextBytes), options.plaintextBytes),
  );
}

/** An envelope in, plaintext out: each chunk only after it was verified. What came out before an error is a prefix. */
export function decryptStream(options: ReadOptions): TransformStream<Uint8Array, Bytes> {
  return ownedTransform(new Decryption(options));
}

interface Transformation {
  start?(output: Output): Promise<void>;
  transform(bytes: Uint8Array, output: Output): void | Promise<void>;
  end(output: Output): void;
  wipe(): void;
}

/** Wipes whatever way the stream ends: at its end, by an error, or because one side gave up. */
function ownedTransform(inner: Transformation): TransformStream<Uint8Array, Bytes> {
  const guarded = async (step: () => void | Promise<void>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      inner.wipe();
      throw error;
    }
  };
  const transformer: Transformer<Uint8Array, Bytes> & { cancel(): void } = {
    start: (output) => guarded(() => inner.start?.(output)),
    transform: (bytes, output) => guarded(() => inner.transform(bytes, output)),
    flush: async (output) => {
      await guarded(() => inner.end(output));
      inner.wipe();
    },
    cancel: () => inner.wipe(),
  };
  return new TransformStream(transformer);
}

class Encryption implements Transformation {
  readonly #open: () => Promise<NewEnvelope>;
  readonly #promised: number | undefined;
  #keys: EnvelopeKeys | undefined;
  #pieces = new Pieces(0);
  #index = 0;
  #bytes = 0;
  #wiped = false;

  constructor(open: () => Promise<NewEnvelope>, promised: number | undefined) {
    this.#open = open;
    this.#promised = promised;
  }

  async start(output: Output): Promise<void> {
    const { header, chunkBytes, keys } = await this.#open();
    this.#keys = keys;
    if (this.#wiped) return keys.wipe(); // given up while KMS was asked
    this.#pieces = new Pieces(chunkBytes);
    output.enqueue(Uint8Array.from(header));
  }

  transform(bytes: Uint8Array, output: Output): void {
    this.#bytes += bytes.length;
    for (let next = this.#pieces.next(bytes, 0); next.piece; next = this.#pieces.next(bytes, next.at)) {
      output.enqueue(this.#seal(next.piece, false));
    }
  }

  end(output: Output): void {
    if (this.#promised !== undefined && this.#promised !== this.#bytes) {
      throw new EnvelopeError(
        'InvalidOption',
        `the stream had ${this.#bytes} bytes, not ${this.#promised} as was said`,
      );
    }
    output.enqueue(this.#seal(this.#pieces.rest(), true));
  }

  wipe(): void {
    this.#wiped = true;
    this.#keys?.wipe();
    this.#pieces.wipe();
  }

  #seal(piece: Uint8Array, last: boolean): Bytes {
    const chunk = new Uint8Array(piece.length + TAG_BYTES);
    sealChunk(keysOf(this.#keys).payload(), this.#index++, last, piece, chunk, 0);
    return chunk;
  }
}

class Decryption implements Transformation {
  readonly #options: ReadOptions;
  /** First the fixed part of the header, then the rest of it, then chunks. */
  #pieces = new Pieces(FIXED_BYTES);
  #fixed: Uint8Array | undefined;
  #keys: EnvelopeKeys | undefined;
  #index = 0;
  #wiped = false;

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  async transform(bytes: Uint8Array, output: Output): Promise<void> {
    for (let next = this.#pieces.next(bytes, 0); next.piece; next = this.#pieces.next(bytes, next.at)) {
      if (this.#keys) output.enqueue(this.#open(next.piece, false));
      else await this.#header(next.piece);
    }
  }

  async #header(piece: Uint8Array): Promise<void> {
    if (!this.#fixed) {
      this.#fixed = Uint8Array.from(piece);
      this.#pieces = new Pieces(headerLength(piece) - FIXED_BYTES);
      return;
    }
    const header = parseHeader(joined([this.#fixed, piece]));
    this.#keys = await openEnvelope(header, this.#options);
    if (this.#wiped) this.#keys.wipe();
    this.#pieces = new Pieces(2 ** header.chunkLog2 + TAG_BYTES);
  }

  end(output: Output): void {
    const rest = this.#pieces.rest();
    if (!this.#keys) {
      parseHeader(joined([this.#fixed ?? new Uint8Array(0), rest])); // says what is wrong with the input
    }
    if (rest.length < TAG_BYTES) throw truncated();
    output.enqueue(this.#open(rest, true));
  }

  wipe(): void {
    this.#wiped = true;
    this.#keys?.wipe();
    this.#pieces.wipe();
  }

  #open(stored: Uint8Array, last: boolean): Bytes {
    const plaintext = new Uint8Array(stored.length - TAG_BYTES);
    openChunk(keysOf(this.#keys).payload(), this.#index++, last, stored, plaintext, 0);
    return plaintext;
  }
}

function keysOf(keys: EnvelopeKeys | undefined): EnvelopeKeys {
  if (!keys) throw new TypeError('a chunk before the header');
  return keys;
}
