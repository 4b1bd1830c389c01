import { createCipheriv, timingSafeEqual } from 'node:crypto';
import { parseKeyArn } from '@keyhold/api/arn.ts';
import { EnvelopeError } from '../envelope-error.ts';
import { compareBytes, joined, sameBytes, textOf, utf8 } from '../format/bytes.ts';
import type { Context } from '../format/context.ts';
import { MAX_CIPHERTEXT_BYTES, MAX_RECIPIENTS } from '../format/recipients.ts';
import { type Algorithm, algorithmOf, TAG_BYTES } from './algorithms.ts';
import { invalidMessage } from './invalid.ts';

export const VERSION = 1;
export const MAX_HEADER_BYTES = 65_536;
const MAX_ARN_BYTES = 512;

export interface EncryptedDataKey {
  readonly cmk: string;
  /** The CiphertextBlob, decoded. */
  readonly ciphertext: Uint8Array;
}

/** The header of every form, in the order of the authenticated bytes. */
export interface Header {
  readonly algorithm: Algorithm;
  readonly context: Context;
  /** What the body is bound to (envelope formats 2.3). */
  readonly contextBytes: Uint8Array;
  readonly dataKeys: readonly EncryptedDataKey[];
  readonly iv: Uint8Array;
  readonly tag: Uint8Array;
}

type Entry = readonly [key: Uint8Array, value: Uint8Array];

/** Throws UnsupportedVersion, InvalidHeader: duplicates and what is out of the limits too (envelope formats 2.5). */
export function checkedHeader(parts: {
  readonly version: number;
  readonly algorithm: number;
  readonly entries: readonly Entry[];
  readonly dataKeys: readonly (readonly [arn: Uint8Array, ciphertext: Uint8Array])[];
  readonly iv: Uint8Array;
  readonly tag: Uint8Array;
}): Header {
  const algorithm = algorithmOf(parts.algorithm);
  if (parts.version !== VERSION || !algorithm) {
    throw new EnvelopeError(
      'UnsupportedVersion',
      `the Encryption SDK message is of version ${parts.version} and algorithm ${parts.algorithm}, which this program does not know`,
    );
  }
  const entries = parts.entries.toSorted(([a], [b]) => compareBytes(a, b));
  if (repeats(entries.map(([key]) => key))) throw invalidMessage('its context repeats a key');
  const dataKeys = parts.dataKeys.toSorted(([a], [b]) => compareBytes(a, b));
  if (dataKeys.length < 1 || dataKeys.length > MAX_RECIPIENTS) {
    throw invalidMessage(`it has ${dataKeys.length} data keys`);
  }
  if (repeats(dataKeys.map(([arn]) => arn)))
    throw invalidMessage('two of its data keys are under the same CMK');
  return {
    algorithm,
    context: Object.fromEntries(
      entries.map(([key, value]) => [textOf(key, 'context'), textOf(value, 'context')]),
    ),
    contextBytes: contextBytesOf(entries),
    dataKeys: dataKeys.map(([arn, ciphertext]) => checkedDataKey(arn, ciphertext)),
    iv: parts.iv,
    tag: parts.tag,
  };
}

/** Of sorted ones. */
const repeats = (sorted: readonly Uint8Array[]): boolean =>
  sorted.some((bytes, i) => i > 0 && sameBytes(bytes, sorted[i - 1] ?? bytes));

function checkedDataKey(arn: Uint8Array, ciphertext: Uint8Array): EncryptedDataKey {
  const cmk = textOf(arn, 'CMK');
  if (arn.length > MAX_ARN_BYTES || !parseKeyArn(cmk)) {
    throw invalidMessage('a data key names its CMK by something other than a key ARN');
  }
  if (ciphertext.length < 1 || ciphertext.length > MAX_CIPHERTEXT_BYTES) {
    throw invalidMessage(`a data key has ${ciphertext.length} bytes`);
  }
  return { cmk, ciphertext };
}

/** In both serialisations sorted by the UTF-8 bytes of the keys; KMS's own limits are checked elsewhere. */
export const entriesOf = (context: Context): Entry[] =>
  Object.entries(context)
    .map(([key, value]) => [utf8(key), utf8(value)] as const)
    .sort(([a], [b]) => compareBytes(a, b));

/** Nothing where there are no entries, else u32 count || per entry: u32 length || key || u32 length || value. */
export const contextBytesOf = (sorted: readonly Entry[]): Uint8Array =>
  sorted.length === 0
    ? new Uint8Array(0)
    : joined([u32(sorted.length), ...sorted.flatMap((entry) => entry.map(field))]);

/** u32 length || ARN || u32 length || Base64 text, for each data key. Of sorted ones. */
export const dataKeyBytesOf = (sorted: readonly EncryptedDataKey[]): Uint8Array =>
  joined([
    u32(sorted.length),
    ...sorted.flatMap(({ cmk, ciphertext }) => [field(utf8(cmk)), field(utf8(base64(ciphertext)))]),
  ]);

/** What the header's tag is over (envelope formats 2.3). A context is counted twice. */
export const authenticatedBytes = ({
  algorithm,
  context,
  contextBytes,
  dataKeys,
}: Omit<Header, 'iv' | 'tag'>): Uint8Array =>
  joined([
    u32(VERSION),
    u32(algorithm.id),
    u32(Object.keys(context).length),
    contextBytes,
    dataKeyBytesOf(dataKeys),
  ]);

/** GCM's tag of no plaintext. */
export function headerTag(header: Omit<Header, 'tag'>, dataKey: Uint8Array): Uint8Array {
  const gcm = createCipheriv(header.algorithm.gcm, dataKey, header.iv, { authTagLength: TAG_BYTES });
  gcm.setAAD(authenticatedBytes(header)).final();
  return gcm.getAuthTag();
}

/** Constant time. */
export const isHeaderTag = (header: Header, dataKey: Uint8Array): boolean =>
  timingSafeEqual(headerTag(header, dataKey), header.tag);

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export const field = (bytes: Uint8Array): Uint8Array => joined([u32(bytes.length), bytes]);

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
