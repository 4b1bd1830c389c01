import { sameBytes, utf8 } from './bytes.ts';

/** What a file is, by its first bytes. */
export type Recognised =
  | 'envelope'
  /** Base64 text of an envelope. */
  | 'envelope-base64'
  /** An envelope whose line ends were changed. */
  | 'envelope-text-damaged'
  /** Alibaba Cloud Encryption SDK, DER message. */
  | 'sdk-message'
  /** Alibaba Cloud Encryption SDK, stream form. */
  | 'sdk-stream'
  /** The four-line sample file: data key, nonce, ciphertext, tag. */
  | 'sample'
  | 'age'
  | 'aws-encryption-sdk'
  | 'unknown';

interface Format {
  readonly is: Recognised;
  /** What is told where an envelope was expected. */
  readonly text: string;
  readonly fits: (start: Uint8Array) => boolean;
}

const startsWith =
  (...bytes: number[]) =>
  (start: Uint8Array): boolean =>
    sameBytes(start.subarray(0, bytes.length), Uint8Array.from(bytes));
const startsWithText = (text: string) => startsWith(...utf8(text));

/** Envelope formats 4.7; the first that fits. */
const FORMATS: readonly Format[] = [
  {
    is: 'envelope',
    text: 'the input is an envelope that is cut off',
    fits: startsWith(0x89, 0x4b, 0x45, 0x4e, 0x56, 0x0d, 0x0a, 0x1a),
  },
  {
    is: 'envelope-text-damaged',
    text: 'the input is an envelope that was changed by a transfer in text mode: transfer it again as binary',
    fits: startsWith(0x89, 0x4b, 0x45, 0x4e, 0x56, 0x0a),
  },
  {
    is: 'envelope-base64',
    text: 'the input is the Base64 text of an envelope: decode it first',
    fits: startsWithText('iUtFTlYN'),
  },
  {
    is: 'age',
    text: 'the input is an age file: decrypt it with age',
    fits: (start) => startsWithText('age-encryption.org')(start) || startsWithText('-----BEGIN AGE')(start),
  },
  {
    is: 'sample',
    text: 'the input is a four-line sample file (data key, nonce, ciphertext, tag), not an envelope',
    fits: looksLikeSample,
  },
  {
    is: 'sdk-stream',
    text: 'the input is an Encryption SDK message (stream form), not an envelope',
    // With the header in a secret (form D) it begins with the length of the IV, little-endian.
    fits: (start) => [0x00_00_00_01, 0x0c_00_00_00, 0x10_00_00_00].includes(u32Of(start)),
  },
  {
    is: 'sdk-message',
    text: 'the input is an Encryption SDK message (DER form), not an envelope',
    fits: looksLikeDer,
  },
  {
    is: 'aws-encryption-sdk',
    text: 'the input seems to be a message of the AWS Encryption SDK, not an envelope',
    fits: (start) =>
      start.length > 2 &&
      (startsWith(2, 0x04)(start) || startsWith(2, 0x05)(start) || startsWith(1, 0x80)(start)),
  },
];

/** The more of the input is given, the surer the answer; 4 KiB are plenty. Never throws. */
export function recognise(start: Uint8Array): Recognised {
  return FORMATS.find(({ fits }) => fits(start))?.is ?? 'unknown';
}

/** For the message of NotAnEnvelope. */
export function describeOther(start: Uint8Array): string {
  if (start.length === 0) return 'the input is empty: an envelope has a header even where it holds nothing';
  return (
    FORMATS.find(({ fits }) => fits(start))?.text ??
    'the input is not an envelope: it does not begin with its magic bytes'
  );
}

const u32Of = (bytes: Uint8Array): number =>
  bytes.length < 4 ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);

/** A SEQUENCE with a length in DER, whose first element is a SEQUENCE or an OCTET STRING. */
function looksLikeDer(start: Uint8Array): boolean {
  const [tag, length = 0] = start;
  if (tag !== 0x30 || length === 0x80 || length > 0x84) return false;
  const first = start[length < 0x80 ? 2 : 2 + (length & 0x7f)];
  return first === undefined || first === 0x30 || first === 0x04;
}

const BASE64_LINE = /^[A-Za-z0-9+/]+={0,2}$/;
/** 12 to 32 bytes: line 2 is a nonce, as a rule of 16 bytes. */
const NONCE_LINE = /^[A-Za-z0-9+/]{16,43}={0,2}$/;

/** Line 1 is Base64, line 2 a short piece of it; line 3 may be cut off or empty. */
function looksLikeSample(start: Uint8Array): boolean {
  const [blob = '', nonce = '', ...rest] = String.fromCharCode(...start.subarray(0, 16_384)).split(/\r?\n/);
  const third = rest[0];
  return (
    third !== undefined &&
    blob.length % 4 === 0 &&
    BASE64_LINE.test(blob) &&
    nonce.length % 4 === 0 &&
    NONCE_LINE.test(nonce) &&
    (third === '' || /^[A-Za-z0-9+/]+={0,2}$/.test(third))
  );
}
