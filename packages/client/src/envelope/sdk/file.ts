import { InputFile } from '../file/input-file.ts';
import type { Outlet } from '../file/sink.ts';
import { type DeliveryOptions, deliver } from '../sample/deliver.ts';
import { blocksOf } from '../sample/source.ts';
import { openedMessage, type SdkReadOptions } from './open-message.ts';
import { type SdkWriteOptions, sealedMessage } from './write-message.ts';

export interface SdkFileWriteOptions extends SdkWriteOptions, DeliveryOptions {
  /** 'der' where absent, below 2 GiB and for all SDKs; 'stream' for Java's stream API, up to 64 GiB. */
  readonly form?: 'der' | 'stream' | undefined;
}

/** Throws TooLarge before KMS is asked in the DER form, FileChanged, and what the output file and KMS throw. */
export async function encryptSdkFile(
  from: string,
  to: string | Outlet,
  options: SdkFileWriteOptions,
): Promise<void> {
  using input = new InputFile(from);
  const pieces = blocksOf(input, { start: 0, end: input.bytes });
  const form = options.form === 'stream' ? 'stream' : { derOfBytes: input.bytes };
  await deliver(sealedMessage(pieces, form, options), to, input, options);
}

/**
 * Reads a regular file of any form twice: once to verify it, once to decrypt it. The output file appears, or the
 * first byte goes into the stream, when all of it was verified.
 */
export async function decryptSdkFile(
  from: string,
  to: string | Outlet,
  options: SdkReadOptions & DeliveryOptions,
): Promise<void> {
  using input = new InputFile(from);
  await deliver(openedMessage(input, options), to, input, options);
}
