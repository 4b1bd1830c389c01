import { InputFile } from '../file/input-file.ts';
import type { Outlet } from '../file/sink.ts';
import { type DeliveryOptions, deliver } from './deliver.ts';
import {
  MAX_PLAINTEXT_BYTES,
  openedSample,
  type SampleReadOptions,
  type SampleWriteOptions,
  sealedSample,
  tooLarge,
} from './sample.ts';
import { blocksOf } from './source.ts';

/** Throws TooLarge before KMS is asked, FileChanged, and what the output file and KMS throw. */
export async function encryptSampleFile(
  from: string,
  to: string | Outlet,
  options: SampleWriteOptions & DeliveryOptions,
): Promise<void> {
  using input = new InputFile(from);
  if (input.bytes > MAX_PLAINTEXT_BYTES) throw tooLarge();
  const pieces = blocksOf(input, { start: 0, end: input.bytes });
  await deliver(sealedSample(pieces, options), to, input, options);
}

/**
 * Reads a regular file twice: once to verify it, once to decrypt it. The output file appears, or the first byte goes
 * into the stream, when all of it was verified.
 */
export async function decryptSampleFile(
  from: string,
  to: string | Outlet,
  options: SampleReadOptions & DeliveryOptions,
): Promise<void> {
  using input = new InputFile(from);
  await deliver(openedSample(input, options), to, input, options);
}
