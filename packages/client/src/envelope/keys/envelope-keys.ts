import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { joined, utf8 } from '../format/bytes.ts';
import { type Header, SALT_BYTES, taggedBytes } from '../format/header.ts';

export const DATA_KEY_BYTES = 32;
/** Changes together with the magic bytes. */
const LABEL = utf8('kenv/v1\0');
const KEY_BYTES = 32;

/** What one file's data key gives (envelope formats 4.2). Wiped by whoever derived it. */
export class EnvelopeKeys {
  readonly commitment: Uint8Array;
  readonly #mac: Uint8Array;
  readonly #payload: Uint8Array;

  constructor(okm: Uint8Array) {
    this.commitment = okm.slice(0, KEY_BYTES);
    this.#mac = okm.subarray(KEY_BYTES, 2 * KEY_BYTES);
    this.#payload = okm.subarray(2 * KEY_BYTES);
  }

  /** The key of the chunks itself, not a copy: zeros after `wipe()`. */
  payload(): Uint8Array {
    return this.#payload;
  }

  sign(tagged: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#mac).update(tagged).digest();
  }

  /** Are these the keys that the header was written with? The header may have been changed all the same. */
  fit(header: Header): boolean {
    return timingSafeEqual(this.commitment, header.commitment);
  }

  signed(header: Header): boolean {
    return timingSafeEqual(this.sign(taggedBytes(header.bytes)), header.tag);
  }

  wipe(): void {
    this.#mac.fill(0);
    this.#payload.fill(0);
  }

  [Symbol.dispose](): void {
    this.wipe();
  }
}

/** `parameters` are bytes 0 to 43 of the header, `contextBytes` the context also where it is not stored. */
export function deriveKeys(
  dataKey: Uint8Array,
  parameters: Uint8Array,
  contextBytes: Uint8Array,
): EnvelopeKeys {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, contextBytes.length);
  const info = joined([LABEL, parameters, length, contextBytes]);
  const salt = parameters.subarray(-SALT_BYTES);
  return new EnvelopeKeys(new Uint8Array(hkdfSync('sha256', dataKey, salt, info, 3 * KEY_BYTES)));
}
