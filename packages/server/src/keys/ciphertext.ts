import { ApiError } from '@keyhold/api/errors.ts';

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
  readonly keyId: string;
  readonly keyVersionId: string;
  readonly salt: Buffer;
  readonly nonce: Buffer;
  readonly commitment: Buffer;
  readonly body: Buffer;
  readonly tag: Buffer;
}

export const FORMAT_VERSION = 1;
/** HKDF-SHA-256 to an AES-256-GCM key and a key commitment. */
export const SUITE_HKDF_SHA256_AES_256_GCM_COMMIT = 1;

const AT = { suite: 1, keyId: 2, keyVersionId: 18, salt: 34, nonce: 66, commitment: 78, body: 110 } as const;
export const HEADER_BYTES = AT.body;
export const SALT_BYTES = 32;
export const NONCE_BYTES = 12;
export const COMMITMENT_BYTES = 32;
export const TAG_BYTES = 16;

/** The header of every message of one epoch, with room for the nonce at `NONCE_OFFSET`. */
export function epochHeader(
  keyId: string,
  keyVersionId: string,
  salt: Uint8Array,
  commitment: Uint8Array,
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = FORMAT_VERSION;
  header[AT.suite] = SUITE_HKDF_SHA256_AES_256_GCM_COMMIT;
  header.set(uuidBytes(keyId), AT.keyId);
  header.set(uuidBytes(keyVersionId), AT.keyVersionId);
  header.set(salt, AT.salt);
  header.set(commitment, AT.commitment);
  return header;
}

export const NONCE_OFFSET = AT.nonce;

/**
 * Reads a CiphertextBlob parameter. White space is ignored: programs pass a line read from a file with its
 * newline still attached. What is not a blob of ours: InvalidParameter, always the same.
 */
export function parseCiphertext(parameter: string, blob: string): Ciphertext {
  const text = /\s/.test(blob) ? blob.replace(/\s+/g, '') : blob;
  const bytes = Buffer.from(text, 'base64');
  const canonical = bytes.length >= HEADER_BYTES + TAG_BYTES && sameBase64(bytes, text);
  if (!canonical || bytes[0] !== FORMAT_VERSION || bytes[AT.suite] !== SUITE_HKDF_SHA256_AES_256_GCM_COMMIT) {
    throw new ApiError('InvalidParameter', { parameter });
  }
  return {
    header: bytes.subarray(0, AT.body),
    keyId: uuidText(bytes, AT.keyId),
    keyVersionId: uuidText(bytes, AT.keyVersionId),
    salt: bytes.subarray(AT.salt, AT.nonce),
    nonce: bytes.subarray(AT.nonce, AT.commitment),
    commitment: bytes.subarray(AT.commitment, AT.body),
    body: bytes.subarray(AT.body, -TAG_BYTES),
    tag: bytes.subarray(-TAG_BYTES),
  };
}

/** Node skips characters that are not Base64; one ciphertext must have one spelling only. */
function sameBase64(bytes: Buffer, text: string): boolean {
  return bytes.toString('base64') === text;
}

export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

function uuidText(bytes: Buffer, at: number): string {
  const hex = bytes.toString('hex', at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
