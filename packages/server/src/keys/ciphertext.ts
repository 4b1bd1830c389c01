import { ApiError } from '@keyhold/api/errors.ts';
import { readBase64 } from './base64.ts';
import { SUITE_IDS } from './suites.ts';

/**
 * The ciphertext blob:
 *
 *   version 1 | suite 1 | key id 16 | key version 16 | salt 32 | nonce 12 | commitment 32 | body | tag 16
 *
 * Everything before the body is the header; all of it is authenticated together with the encryption context.
 * The key is named in clear so that Decrypt can name the resource before it asks for permission.
 */
export interface Ciphertext {
  readonly header: Buffer;
  readonly suiteId: number;
  readonly keyId: string;
  readonly keyVersionId: string;
  readonly salt: Buffer;
  readonly nonce: Buffer;
  readonly commitment: Buffer;
  readonly body: Buffer;
  readonly tag: Buffer;
}

export const FORMAT_VERSION = 1;
const AT = { suite: 1, keyId: 2, keyVersionId: 18, salt: 34, nonce: 66, commitment: 78, body: 110 } as const;
export const HEADER_BYTES = AT.body;
export const SALT_BYTES = 32;
export const NONCE_BYTES = 12;
export const COMMITMENT_BYTES = 32;
export const TAG_BYTES = 16;

/** The header of every message of one epoch, with room for the nonce at `NONCE_OFFSET`. */
export function epochHeader(
  suiteId: number,
  keyId: string,
  keyVersionId: string,
  salt: Uint8Array,
  commitment: Uint8Array,
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = FORMAT_VERSION;
  header[AT.suite] = suiteId;
  header.set(uuidBytes(keyId), AT.keyId);
  header.set(uuidBytes(keyVersionId), AT.keyVersionId);
  header.set(salt, AT.salt);
  header.set(commitment, AT.commitment);
  return header;
}

export const NONCE_OFFSET = AT.nonce;

/** Reads a CiphertextBlob parameter. What is not a blob of ours: InvalidParameter, always the same. */
export function parseCiphertext(parameter: string, blob: string): Ciphertext {
  const bytes = readBase64(blob);
  const suiteId = bytes?.[AT.suite] ?? 0;
  const ours = bytes && bytes.length >= HEADER_BYTES + TAG_BYTES && bytes[0] === FORMAT_VERSION;
  if (!ours || !SUITE_IDS.has(suiteId)) throw new ApiError('InvalidParameter', { parameter });
  return {
    header: bytes.subarray(0, AT.body),
    suiteId,
    keyId: uuidText(bytes, AT.keyId),
    keyVersionId: uuidText(bytes, AT.keyVersionId),
    salt: bytes.subarray(AT.salt, AT.nonce),
    nonce: bytes.subarray(AT.nonce, AT.commitment),
    commitment: bytes.subarray(AT.commitment, AT.body),
    body: bytes.subarray(AT.body, -TAG_BYTES),
    tag: bytes.subarray(-TAG_BYTES),
  };
}

export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

function uuidText(bytes: Buffer, at: number): string {
  const hex = bytes.toString('hex', at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
