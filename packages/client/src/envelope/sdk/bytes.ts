import { collected } from '../sample/deliver.ts';
import { memorySource } from '../sample/source.ts';
import { openedMessage, type SdkReadOptions } from './open-message.ts';
import { type SdkWriteOptions, sealedMessage } from './write-message.ts';

/** A message in memory, in the DER form, which the byte APIs of the Python and the Java SDK read. */
export const encryptSdkBytes = (
  plaintext: Uint8Array,
  options: SdkWriteOptions,
): Promise<Uint8Array<ArrayBuffer>> =>
  collected(sealedMessage([plaintext], { derOfBytes: plaintext.length }, options));

/** Any form. Throws before anything is returned, whichever byte was changed. */
export const decryptSdkBytes = (
  message: Uint8Array,
  options: SdkReadOptions,
): Promise<Uint8Array<ArrayBuffer>> => collected(openedMessage(memorySource(message), options));
