import { fileBytesOf, type Layout, layoutOfFile, layoutOfPlaintext } from './format/chunks.ts';
import { parseHeader } from './format/header.ts';
import { openChunks, type Span, sealChunks } from './keys/chunk-cipher.ts';
import { openEnvelope, type ReadOptions } from './keys/open-envelope.ts';
import { newEnvelope, planEnvelope, type WriteOptions } from './keys/write-envelope.ts';

/** A whole envelope in memory: for values up to some MiB. */
export async function encryptBytes(
  plaintext: Uint8Array,
  options: WriteOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { header, chunkBytes, keys } = await newEnvelope(planEnvelope(options), plaintext.length);
  using _ = keys;
  const layout = layoutOfPlaintext(header.length, chunkBytes, plaintext.length);
  const file = new Uint8Array(fileBytesOf(layout));
  file.set(header);
  sealChunks(keys.payload(), layout, all(layout), plaintext, file.subarray(header.length));
  return file;
}

/** Throws before anything is returned, whichever byte was changed. */
export async function decryptBytes(
  envelope: Uint8Array,
  options: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const header = parseHeader(envelope);
  const layout = layoutOfFile(header.bytes.length, 2 ** header.chunkLog2, envelope.length);
  using keys = await openEnvelope(header, options);
  const plaintext = new Uint8Array(layout.plaintextBytes);
  openChunks(keys.payload(), layout, all(layout), envelope.subarray(layout.headerBytes), plaintext);
  return plaintext;
}

const all = ({ chunks }: Layout): Span => ({ first: 0, end: chunks });
