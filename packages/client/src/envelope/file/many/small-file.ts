import { randomBytes } from 'node:crypto';
import { fileBytesOf, layoutOfPlaintext } from '../../format/chunks.ts';
import { SALT_BYTES } from '../../format/header.ts';
import type { Recipient } from '../../format/recipients.ts';
import { openChunks, sealChunks } from '../../keys/chunk-cipher.ts';
import { contextOf, type ReadOptions, tryDataKey } from '../../keys/open-envelope.ts';
import { copyOfSecret } from '../../keys/secret.ts';
import { type Shape, sealEnvelope } from '../../keys/write-envelope.ts';
import { layoutOf, readHeader } from '../envelope-file.ts';
import { fileChanged, InputFile } from '../input-file.ts';
import { OutputFile, type OutputOptions } from '../output-file.ts';
import { writeAll } from '../run.ts';

/** What is read, worked on and written in one piece each. */
export const SMALL_BYTES = 1024 * 1024;

export interface FilePair {
  readonly from: string;
  readonly to: string;
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

/** At once, in the calling thread. `temporary` is tracked by the caller. Throws as `encryptFile`. */
export function sealSmall({ from, to }: FilePair, temporary: string, order: Seal): Outcome {
  using input = new InputFile(from);
  if (input.bytes >= SMALL_BYTES) return 'large';
  using output = new OutputFile(to, input, order, temporary);
  const plaintext = readWhole(input);
  const salt = randomBytes(SALT_BYTES);
  const envelope = sealEnvelope(order.shape, order.dataKey, order.recipients, input.bytes, salt);
  using keys = envelope.keys;
  const layout = layoutOfPlaintext(envelope.header.length, envelope.chunkBytes, input.bytes);
  const file = new Uint8Array(fileBytesOf(layout));
  file.set(envelope.header);
  sealChunks(
    keys.payload(),
    layout,
    { first: 0, end: layout.chunks },
    plaintext,
    file.subarray(layout.headerBytes),
  );
  writeAll(output.fd, file, 0);
  input.assertUnchanged();
  output.commitNow();
  return 'done';
}

/** Throws as `decryptFile`. */
export function openSmall({ from, to }: FilePair, temporary: string, order: Open): Outcome {
  using input = new InputFile(from);
  if (input.bytes >= SMALL_BYTES) return 'large';
  const header = readHeader(input);
  const dataKey = order.dataKeys.get(wrappedIn(header.bytes));
  if (!dataKey) return 'unknown key';
  const opened = tryDataKey(header, contextOf(header, order), copyOfSecret(dataKey));
  if (!opened) return 'unknown key';
  opened.dataKey.fill(0);
  using keys = opened.keys;
  const layout = layoutOf(input, header);
  using output = new OutputFile(to, input, order, temporary);
  const plaintext = new Uint8Array(layout.plaintextBytes);
  const stored = readWhole(input).subarray(layout.headerBytes);
  openChunks(keys.payload(), layout, { first: 0, end: layout.chunks }, stored, plaintext);
  writeAll(output.fd, plaintext, 0);
  output.commitNow();
  return 'done';
}

/**
 * Two headers with the same context and recipients have the same data key, opened by the same recipient: what
 * stands between the commitment and the tag tells which.
 */
export const wrappedIn = (header: Uint8Array): string =>
  Buffer.from(header.subarray(76, -32)).toString('latin1');

function readWhole(input: InputFile): Uint8Array {
  const bytes = input.read(0, input.bytes);
  if (bytes.length < input.bytes) throw fileChanged(input.path);
  return bytes;
}
