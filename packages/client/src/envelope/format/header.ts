import { EnvelopeError } from '../envelope-error.ts';
import { FieldReader, invalidHeader, joined, sameBytes, u16 } from './bytes.ts';
import { type Context, MAX_CONTEXT_BYTES, parseContext } from './context.ts';
import { MAX_RECIPIENTS, parseRecipients, type Recipient } from './recipients.ts';
import { describeOther } from './recognise.ts';

/**
 * KENV version 1 (envelope formats 4.1), all numbers big-endian:
 *
 *    0  magic 8 | version 1 | suite 1 | chunk_log2 1 | flags 1 | salt 32
 *   44  commitment 32
 *   76  header_len 4 | recipient_count 2 | context_len 2
 *   84  context | recipients | zero padding | header tag 32
 *
 * Bytes 0 to 75 and the context never change; what follows may be rewritten for other recipients.
 */
export const MAGIC = Uint8Array.of(0x89, 0x4b, 0x45, 0x4e, 0x56, 0x0d, 0x0a, 0x1a);
export const VERSION = 1;
/** AES-256-GCM chunks, HKDF-SHA-256, HMAC-SHA-256. */
export const SUITE = 1;
export const SALT_BYTES = 32;
export const COMMITMENT_BYTES = 32;
export const HEADER_TAG_BYTES = 32;
export const FIXED_BYTES = 84;
/** What a later header of the same file has in common with this one. */
export const UNCHANGING_BYTES = 76;
export const MAX_HEADER_BYTES = 65_536;
export const MIN_CHUNK_LOG2 = 12;
export const MAX_CHUNK_LOG2 = 24;
export const DEFAULT_CHUNK_LOG2 = 16;
const MIN_HEADER_BYTES = FIXED_BYTES + HEADER_TAG_BYTES;
const CONTEXT_NOT_STORED = 1;
const AT = {
  version: 8,
  suite: 9,
  chunkLog2: 10,
  flags: 11,
  salt: 12,
  commitment: 44,
  headerBytes: 76,
} as const;

export interface Header {
  readonly chunkLog2: number;
  readonly salt: Uint8Array;
  readonly commitment: Uint8Array;
  /** Undefined where the reader has to supply it. */
  readonly context: Context | undefined;
  readonly recipients: readonly Recipient[];
  readonly tag: Uint8Array;
  /** The whole header as it stands in the file. */
  readonly bytes: Uint8Array;
}

/**
 * The length of the header that begins with these bytes (FIXED_BYTES of them, fewer where the input ends).
 * Checks magic, version and lengths. Throws NotAnEnvelope, UnsupportedVersion, Truncated, InvalidHeader.
 */
export function headerLength(start: Uint8Array): number {
  const known = Math.min(start.length, MAGIC.length);
  if (known === 0 || !sameBytes(start.subarray(0, known), MAGIC.subarray(0, known))) {
    throw new EnvelopeError('NotAnEnvelope', describeOther(start));
  }
  if (start.length < FIXED_BYTES) throw truncatedHeader();
  const version = start[AT.version] ?? 0;
  const suite = start[AT.suite] ?? 0;
  const log2 = start[AT.chunkLog2] ?? 0;
  const flags = start[AT.flags] ?? 0;
  if (version !== VERSION || suite !== SUITE) {
    throw new EnvelopeError(
      'UnsupportedVersion',
      `the file is of version ${version} and suite ${suite}; this program reads version ${VERSION}, suite ${SUITE}`,
    );
  }
  if (log2 < MIN_CHUNK_LOG2 || log2 > MAX_CHUNK_LOG2) throw invalidHeader(`its chunk size is 2^${log2}`);
  if ((flags & ~CONTEXT_NOT_STORED) !== 0) throw invalidHeader('it has flags that are not known');
  const reader = new FieldReader(start, AT.headerBytes);
  const length = reader.u32();
  const count = reader.u16();
  const contextBytes = reader.u16();
  if (length < MIN_HEADER_BYTES || length > MAX_HEADER_BYTES) throw invalidHeader(`its length is ${length}`);
  if (count < 1 || count > MAX_RECIPIENTS) throw invalidHeader(`it has ${count} recipients`);
  if (contextBytes > MAX_CONTEXT_BYTES || (contextBytes === 0) !== (flags === CONTEXT_NOT_STORED)) {
    throw invalidHeader(`its context has ${contextBytes} bytes`);
  }
  return length;
}

/** Of at least as many bytes as `headerLength` said; what follows is left alone. Every structural rule is checked. */
export function parseHeader(start: Uint8Array): Header {
  const length = headerLength(start);
  if (start.length < length) throw truncatedHeader();
  const bytes = start.subarray(0, length);
  const reader = new FieldReader(bytes.subarray(0, length - HEADER_TAG_BYTES), AT.headerBytes + 4);
  const count = reader.u16();
  const contextBytes = reader.take(reader.u16());
  const context = contextBytes.length === 0 ? undefined : parseContext(contextBytes);
  const recipients = parseRecipients(reader, count);
  if (reader.take(reader.left).some((byte) => byte !== 0)) throw invalidHeader('its padding is not zero');
  return {
    chunkLog2: bytes[AT.chunkLog2] ?? 0,
    salt: bytes.subarray(AT.salt, AT.commitment),
    commitment: bytes.subarray(AT.commitment, AT.headerBytes),
    context,
    recipients,
    tag: bytes.subarray(length - HEADER_TAG_BYTES),
    bytes,
  };
}

const truncatedHeader = (): EnvelopeError =>
  new EnvelopeError('Truncated', 'the file ends inside its header: it is cut off');

/** Bytes 0 to 43: what the keys are bound to. */
export function parameterBytes(chunkLog2: number, contextStored: boolean, salt: Uint8Array): Uint8Array {
  const numbers = Uint8Array.of(VERSION, SUITE, chunkLog2, contextStored ? 0 : CONTEXT_NOT_STORED);
  return joined([MAGIC, numbers, salt]);
}

export const parametersOf = (header: Header): Uint8Array => header.bytes.subarray(0, AT.commitment);

/** What the header tag is over. */
export const taggedBytes = (header: Uint8Array): Uint8Array => header.subarray(0, -HEADER_TAG_BYTES);

export interface HeaderParts {
  /** Bytes 0 to 75. */
  readonly unchanging: Uint8Array;
  /** Empty where the context is not stored. */
  readonly contextBytes: Uint8Array;
  readonly recipients: readonly Pick<Recipient, 'encoded'>[];
}

/** Without padding, with the tag. */
export const headerBytesOf = (parts: HeaderParts): number =>
  FIXED_BYTES +
  parts.contextBytes.length +
  parts.recipients.reduce((sum, { encoded }) => sum + encoded.length, 0) +
  HEADER_TAG_BYTES;

/**
 * A header of `length` bytes, its tag left to `sign`, which gets all bytes before it. Throws InvalidRecipient
 * for none or too many recipients, two of one CMK, or a header that would be too long.
 */
export function writeHeader(
  parts: HeaderParts,
  length: number,
  sign: (tagged: Uint8Array) => Uint8Array,
): Uint8Array {
  const { recipients, contextBytes } = parts;
  if (recipients.length < 1) {
    throw new EnvelopeError('InvalidRecipient', 'this would leave nobody who can open it');
  }
  if (recipients.length > MAX_RECIPIENTS) {
    throw new EnvelopeError(
      'InvalidRecipient',
      `a file has at most ${MAX_RECIPIENTS} recipients, not ${recipients.length}`,
    );
  }
  if (length > MAX_HEADER_BYTES) {
    throw new EnvelopeError(
      'InvalidRecipient',
      'the recipients and the context together are too long for a header',
    );
  }
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(AT.headerBytes, length);
  bytes.set(parts.unchanging);
  bytes.set(
    joined([
      u16(recipients.length),
      u16(contextBytes.length),
      contextBytes,
      ...recipients.map(({ encoded }) => encoded),
    ]),
    AT.headerBytes + 4,
  );
  bytes.set(sign(taggedBytes(bytes)), length - HEADER_TAG_BYTES);
  return bytes;
}
