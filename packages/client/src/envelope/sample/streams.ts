import { openedSample, type SampleReadOptions, type SampleWriteOptions, sealedSample } from './sample.ts';
import { Spool } from './spool.ts';
import { through } from './through.ts';

export interface SampleStreamReadOptions extends SampleReadOptions {
  /** What may be put aside, above 1 MiB in a temporary file. 1 GiB where absent. */
  readonly maxBytes?: number | undefined;
}

/** Plaintext in, a four-line sample file out, in constant memory. */
export const encryptSampleStream = (
  options: SampleWriteOptions,
): ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array> =>
  through((input) => sealedSample(input, options));

/**
 * A four-line sample file in, plaintext out. The tag is its last line: nothing comes out before the input has ended
 * and was verified; until then the ciphertext is put aside.
 */
export const decryptSampleStream = (
  options: SampleStreamReadOptions,
): ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array> =>
  through(async function* (input) {
    using spool = new Spool(options.maxBytes);
    for await (const piece of input) spool.add(piece);
    yield* openedSample(spool, options);
  });
