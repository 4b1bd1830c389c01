import { createHash } from 'node:crypto';

/**
 * How tokens derive keys, in a mechanism that most of them have (CKM_AES_CBC_ENCRYPT_DATA, PKCS#11 2.40,
 * section 2.15): the derived key is the AES-CBC encryption, under the token's key and a zero IV, of 32 bytes
 * that the server gives. The key is allowed to do nothing else.
 *
 * These 32 bytes are a SHA-256 of the purpose and the data, and no secret. Nobody can therefore choose blocks of
 * them: two different inputs give independent keys unless two hashes share 128 bits, and keys of one purpose
 * never serve another. Different hashes always give different keys, because encryption is a permutation.
 */
export function derivationData(purpose: Purpose, data: Uint8Array): Buffer {
  return createHash('sha256').update(PURPOSES[purpose]).update(data).digest();
}

/** No one is the beginning of another, so that purpose and data can be told apart. */
const PURPOSES = {
  message: 'keyhold token message key v1:',
  commitment: 'keyhold token commitment v1:',
  fingerprint: 'keyhold token fingerprint v1:',
} as const;
export type Purpose = keyof typeof PURPOSES;

/** Purposes whose derived key is an HMAC-SHA-256 key; what it authenticates is the purpose. */
export type MacPurpose = Exclude<Purpose, 'message'>;
export const macMessage = (purpose: MacPurpose): Buffer => Buffer.from(PURPOSES[purpose], 'ascii');

/** Of message keys and HMAC keys, whatever the size of the token's key. */
export const DERIVED_BYTES = 32;
export const DERIVATION_IV: Buffer = Buffer.alloc(16);
