import { fileBytesOf, layoutOfPlaintext } from '../../format/chunks.ts';
import { HEADER_TAG_BYTES, parseHeader, UNCHANGING_BYTES } from '../../format/header.ts';
import type { Recipient } from '../../format/recipients.ts';
import { openChunks, sealChunks } from '../../keys/chunk-cipher.ts';
import { contextOf, type ReadOptions, tryDataKey } from '../../keys/open-envelope.ts';
import { copyOfSecret } from '../../keys/secret.ts';
import { type Shape, sealEnvelope } from '../../keys/write-envelope.ts';
import { layoutOf } from '../envelope-file.ts';
import { InputFile } from '../input-file.ts';
import { OutputFile, type OutputOptions, type Reserved } from '../output-file.ts';
import { writeAll } from '../run.ts';
import { type Room, SMALL_BYTES } from './room.ts';

export interface FilePair {
  readonly from: string;
  readonly to: string;
}

/** A file and what was found out and reserved for its output. */
export type Reservation = FilePair & Reserved;

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
export function sealSmall({ from, to, ...reserved }: Reservation, order: Seal, room: Room): Outcome {
  using input = new InputFile(from);
  if (input.bytes >= SMALL_BYTES) return 'large';
  using output = new OutputFile(to, input, order, reserved);
  const plaintext = room.read(input);
  const envelope = sealEnvelope(order.shape, order.dataKey, order.recipients, input.bytes, room.salt());
  using keys = envelope.keys;
  const layout = layoutOfPlaintext(envelope.header.length, envelope.chunkBytes, input.bytes);
  const file = room.output.subarray(0, fileBytesOf(layout));
  file.set(envelope.header);
  const span = { first: 0, end: layout.chunks };
  sealChunks(keys.payload(), layout, span, plaintext, file.subarray(layout.headerBytes));
  writeAll(output.fd, file, 0);
  input.assertUnchanged();
  output.commitNow();
  return 'done';
}

/** Throws as `decryptFile`. */
export function openSmall({ from, to, ...reserved }: Reservation, order: Open, room: Room): Outcome {
  using input = new InputFile(from);
  if (input.bytes >= SMALL_BYTES) return 'large';
  const file = room.read(input);
  const header = parseHeader(file);
  const dataKey = order.dataKeys.get(wrappedIn(header.bytes));
  if (!dataKey) return 'unknown key';
  const opened = tryDataKey(header, contextOf(header, order), copyOfSecret(dataKey));
  if (!opened) return 'unknown key';
  opened.dataKey.fill(0);
  using keys = opened.keys;
  const layout = layoutOf(input, header);
  using output = new OutputFile(to, input, order, reserved);
  const plaintext = room.output.subarray(0, layout.plaintextBytes);
  const span = { first: 0, end: layout.chunks };
  openChunks(keys.payload(), layout, span, file.subarray(layout.headerBytes), plaintext);
  writeAll(output.fd, plaintext, 0);
  output.commitNow();
  return 'done';
}

/**
 * Two headers with the same context and recipients have the same data key, opened by the same recipient: what
 * stands between the commitment and the tag tells which.
 */
export const wrappedIn = (header: Uint8Array): string =>
  Buffer.from(header.subarray(UNCHANGING_BYTES, -HEADER_TAG_BYTES)).toString('latin1');
