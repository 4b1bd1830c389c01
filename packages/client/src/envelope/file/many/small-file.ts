import { dirname } from 'node:path';
import { EnvelopeError } from '../../envelope-error.ts';
import { fileBytesOf, type Layout, layoutOfPlaintext } from '../../format/chunks.ts';
import { HEADER_TAG_BYTES, parseHeader, UNCHANGING_BYTES } from '../../format/header.ts';
import type { Recipient } from '../../format/recipients.ts';
import { openChunks, sealChunks } from '../../keys/chunk-cipher.ts';
import type { EnvelopeKeys } from '../../keys/envelope-keys.ts';
import { contextOf, type ReadOptions, tryDataKey } from '../../keys/open-envelope.ts';
import { copyOfSecret } from '../../keys/secret.ts';
import { type Shape, sealEnvelope } from '../../keys/write-envelope.ts';
import { layoutOf } from '../envelope-file.ts';
import { InputFile } from '../input-file.ts';
import { destination, OutputFile, type OutputOptions } from '../output-file.ts';
import { writeAll } from '../run.ts';
import { type Room, SMALL_BYTES } from './room.ts';

export interface FilePair {
  readonly from: string;
  readonly to: string;
}

/** A file, and the name that its output has until it is complete. */
export interface Reservation extends FilePair {
  readonly temporary: string;
}

export interface Seal extends OutputOptions {
  readonly direction: 'seal';
  readonly shape: Shape;
  readonly dataKey: Uint8Array;
  readonly recipients: readonly Pick<Recipient, 'encoded'>[];
}

export interface Open extends OutputOptions {
  readonly direction: 'open';
  readonly context: ReadOptions['context'];
  /** Data keys that are known, by `wrappedIn`. */
  readonly dataKeys: ReadonlyMap<string, Uint8Array>;
}

/** `large` and `unknown key` are for the long way round. */
export type Outcome = 'done' | 'large' | 'unknown key';

/** At once, in the calling thread. Throws as `encryptFile`. */
export function sealSmall(file: Reservation, order: Seal, room: Room): Outcome {
  using input = new InputFile(file.from);
  if (input.bytes >= SMALL_BYTES) return 'large';
  using output = outputOf(file, input, order);
  if (!output) return 'large';
  const plaintext = room.read(input);
  const envelope = sealEnvelope(order.shape, order.dataKey, order.recipients, input.bytes, room.salt());
  using keys = envelope.keys;
  const layout = layoutOfPlaintext(envelope.header.length, envelope.chunkBytes, input.bytes);
  const sealed = room.output.subarray(0, fileBytesOf(layout));
  sealed.set(envelope.header);
  const span = { first: 0, end: layout.chunks };
  sealChunks(keys.payload(), layout, span, plaintext, sealed.subarray(layout.headerBytes));
  writeAll(output.fd, sealed, 0);
  input.assertUnchanged();
  output.commitNow();
  return 'done';
}

/** Throws as `decryptFile`. */
export function openSmall(file: Reservation, order: Open, room: Room): Outcome {
  using input = new InputFile(file.from);
  if (input.bytes >= SMALL_BYTES) return 'large';
  const stored = room.read(input);
  const opened = openHere(input, stored, order);
  if (!opened) return 'unknown key';
  const { layout } = opened;
  using keys = opened.keys;
  using output = outputOf(file, input, order);
  if (!output) return 'large';
  const plaintext = room.output.subarray(0, layout.plaintextBytes);
  const span = { first: 0, end: layout.chunks };
  openChunks(keys.payload(), layout, span, stored.subarray(layout.headerBytes), plaintext);
  writeAll(output.fd, plaintext, 0);
  output.commitNow();
  return 'done';
}

/** Undefined also where the header is not as it should be: the long way knows of side files, and says what is wrong. */
function openHere(
  input: InputFile,
  stored: Uint8Array,
  order: Open,
): { layout: Layout; keys: EnvelopeKeys } | undefined {
  try {
    const header = parseHeader(stored);
    const layout = layoutOf(input, header);
    const dataKey = order.dataKeys.get(wrappedIn(header.bytes));
    const opened = dataKey && tryDataKey(header, contextOf(header, order), copyOfSecret(dataKey));
    opened?.dataKey.fill(0);
    return opened && { layout, keys: opened.keys };
  } catch (error) {
    if (error instanceof EnvelopeError) return undefined;
    throw error;
  }
}

/** Undefined behind a link to another directory, into which the temporary file could not be renamed. */
function outputOf(
  { to, temporary }: Reservation,
  input: InputFile,
  options: OutputOptions,
): OutputFile | undefined {
  // What is there is refused at the end, too: to look for it costs more than the work that it would spare.
  const path = options.overwrite ? destination(to, input, true) : to;
  if (dirname(path) !== dirname(to)) return undefined;
  return new OutputFile(path, input, options, temporary);
}

/**
 * Two headers with the same context and recipients have the same data key, opened by the same recipient: what
 * stands between the commitment and the tag tells which.
 */
export const wrappedIn = (header: Uint8Array): string =>
  Buffer.from(header.subarray(UNCHANGING_BYTES, -HEADER_TAG_BYTES)).toString('latin1');
