import type { CipherGCMTypes } from 'node:crypto';

/** How the messages of a key are sealed: HKDF-SHA-256 to the key of a GCM cipher and a key commitment. */
export interface Suite {
  /** The byte that names it in a ciphertext blob and in the derivation. */
  readonly id: number;
  readonly cipher: CipherGCMTypes;
  readonly keyBytes: number;
}

export const AES_256_GCM: Suite = { id: 1, cipher: 'aes-256-gcm', keyBytes: 32 };

/** RFC 8998. OpenSSL has it; Node's types list the AES ones alone. */
export const SM4_GCM: Suite = { id: 2, cipher: 'sm4-gcm' as CipherGCMTypes, keyBytes: 16 };

/** AES-256-GCM too, its key and its commitment derived as `Token` says, inside a token. */
export const TOKEN_SUITE_ID = 3;

export const SUITE_IDS: ReadonlySet<number> = new Set([AES_256_GCM.id, SM4_GCM.id, TOKEN_SUITE_ID]);
