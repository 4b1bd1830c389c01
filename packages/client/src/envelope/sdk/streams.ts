import { Spool } from '../sample/spool.ts';
import { through } from '../sample/through.ts';
import { openedMessage, type SdkReadOptions } from './open-message.ts';
import { type SdkWriteOptions, sealedMessage } from './write-message.ts';

export interface SdkStreamReadOptions extends SdkReadOptions {
  /** What may be put aside, above 1 MiB in a temporary file. 1 GiB where absent. */
  readonly maxBytes?: number | undefined;
}

/**
 * Plaintext in, a message in the stream form out, in constant memory. Only the Java SDK reads that form, and it hands
 * out plaintext before it has verified it.
 */
export const encryptSdkStream = (
  options: SdkWriteOptions,
): ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array> =>
  through((input) => sealedMessage(input, 'stream', options));

/**
 * A message of any form in, plaintext out. Nothing comes out before the input has ended and was verified; until then
 * the ciphertext is put aside.
 */
export const decryptSdkStream = (
  options: SdkStreamReadOptions,
): ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array> =>
  through(async function* (input) {
    using spool = new Spool(options.maxBytes);
    for await (const piece of input) spool.add(piece);
    yield* openedMessage(spool, options);
  });
