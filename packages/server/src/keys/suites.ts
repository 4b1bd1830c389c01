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

export const SUITES: ReadonlyMap<number, Suite> = new Map(
  [AES_256_GCM, SM4_GCM].map((suite) => [suite.id, suite]),
);
