import { EnvelopeError } from '../envelope-error.ts';
import { FieldReader, joined, sameBytes } from '../format/bytes.ts';
import { fromBase64, latin1 } from '../sample/base64.ts';
import type { Source } from '../sample/source.ts';
import { HEADER_IV_BYTES, TAG_BYTES } from './algorithms.ts';
import {
  checkedHeader,
  dataKeyBytesOf,
  field,
  type Header,
  MAX_HEADER_BYTES,
  u32,
  VERSION,
} from './header.ts';
import { invalidMessage } from './invalid.ts';
import type { Body } from './message.ts';

/** Form C begins with its version in big-endian, form D with the length of its IV in little-endian. */
const BODY_STARTS = [12, 16];

export interface StreamMessage {
  readonly header: Header | undefined;
  /** Of a form D: the algorithm of its header tells how long its tag is. */
  readonly body: (header: Header) => Body;
}

/** Forms C and D (envelope formats 2.4). */
export function readStreamMessage(source: Source): StreamMessage {
  const start = source.read(0, MAX_HEADER_BYTES);
  if (start.length < 4) throw cutOff();
  const only = BODY_STARTS.includes(littleEndian(start));
  const { header, at } = only ? { header: undefined, at: 0 } : readHeader(start);
  return { header, body: ({ algorithm }) => readBody(source, at, algorithm.tagBytes) };
}

function readHeader(start: Uint8Array): { readonly header: Header; readonly at: number } {
  const reader = new FieldReader(start);
  const version = reader.u32();
  const algorithm = reader.u32();
  const contextBytes = reader.take(reader.u32());
  const entries = readContext(contextBytes);
  const count = reader.u32();
  if (count > 32) throw invalidMessage(`it has ${count} data keys`);
  const dataKeyBytes = reader.at - 4;
  const dataKeys = Array.from({ length: count }, () => {
    const arn = reader.take(reader.u32());
    const ciphertext = fromBase64(latin1(reader.take(reader.u32())));
    if (!ciphertext) throw invalidMessage('a data key is not Base64');
    return [arn, ciphertext] as const;
  });
  const dataKeysEnd = reader.at;
  const iv = exactly(reader, HEADER_IV_BYTES, 'header IV');
  const tag = exactly(reader, TAG_BYTES, 'header tag');
  const header = checkedHeader({ version, algorithm, entries, dataKeys, iv, tag });
  // The tag is over sorted entries: an order of its own would be a second spelling of the same message.
  if (
    !sameBytes(contextBytes, header.contextBytes) ||
    !sameBytes(start.subarray(dataKeyBytes, dataKeysEnd), dataKeyBytesOf(header.dataKeys))
  ) {
    throw invalidMessage('its context or its data keys are not in order');
  }
  return { header, at: reader.at };
}

function readContext(bytes: Uint8Array): (readonly [Uint8Array, Uint8Array])[] {
  if (bytes.length === 0) return [];
  const reader = new FieldReader(bytes);
  const count = reader.u32();
  if (count > bytes.length / 8) throw invalidMessage(`its context has ${count} entries`);
  const entries = Array.from(
    { length: count },
    () => [reader.take(reader.u32()), reader.take(reader.u32())] as const,
  );
  if (reader.left > 0) throw invalidMessage('its context has bytes left over');
  return entries;
}

function exactly(reader: FieldReader, length: number, name: string): Uint8Array {
  const told = reader.u32();
  if (told !== length) throw invalidMessage(`its ${name} has ${told} bytes`);
  return reader.take(length);
}

/** From the length of the IV to the end of the input. */
function readBody(source: Source, at: number, tagBytes: number): Body {
  const length = source.read(at, 4);
  if (length.length < 4) throw cutOff();
  const ivBytes = littleEndian(length);
  if (!BODY_STARTS.includes(ivBytes)) throw invalidMessage(`its IV has ${ivBytes} bytes`);
  const start = at + 4 + ivBytes;
  const end = source.bytes - tagBytes;
  if (end < start) throw cutOff();
  return { iv: source.read(at + 4, ivBytes), ciphertext: { start, end }, tag: source.read(end, tagBytes) };
}

const littleEndian = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);

/** All of form C but the ciphertext and the tag. */
export function beforeStream(header: Header, iv: Uint8Array): Uint8Array {
  const ivLength = u32(iv.length).reverse();
  const parts = [
    u32(VERSION),
    u32(header.algorithm.id),
    field(header.contextBytes),
    dataKeyBytesOf(header.dataKeys),
  ];
  return joined([...parts, field(header.iv), field(header.tag), ivLength, iv]);
}

const cutOff = (): EnvelopeError => new EnvelopeError('Truncated', 'the Encryption SDK message is cut off');
