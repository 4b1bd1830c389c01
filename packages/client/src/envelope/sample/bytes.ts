import { collected } from './deliver.ts';
import { openedSample, type SampleReadOptions, type SampleWriteOptions, sealedSample } from './sample.ts';
import { memorySource } from './source.ts';

/** A four-line sample file in memory. */
export const encryptSampleBytes = (
  plaintext: Uint8Array,
  options: SampleWriteOptions,
): Promise<Uint8Array<ArrayBuffer>> => collected(sealedSample([plaintext], options));

/** Throws before anything is returned, whichever byte was changed. */
export const decryptSampleBytes = (
  file: Uint8Array,
  options: SampleReadOptions,
): Promise<Uint8Array<ArrayBuffer>> => collected(openedSample(memorySource(file), options));
