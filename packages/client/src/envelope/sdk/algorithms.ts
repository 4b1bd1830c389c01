import type { CipherGCMTypes } from 'node:crypto';

/** One row of the Encryption SDK's table (envelope formats 2.1). */
export interface Algorithm {
  readonly id: number;
  readonly name: string;
  /** Of the body, as `node:crypto` calls it. */
  readonly cipher: string;
  /** The header's tag is GCM's, whatever the body is encrypted with. */
  readonly gcm: CipherGCMTypes;
  readonly keyBytes: number;
  readonly ivBytes: number;
  /** 0: nothing would tell that the body was changed. */
  readonly tagBytes: number;
  /** PKCS #5, as the SDK calls it. */
  readonly padded: boolean;
}

export const HEADER_IV_BYTES = 12;
export const TAG_BYTES = 16;
/** Of one GCM message. */
export const MAX_GCM_BYTES = 2 ** 36 - 32;

type Mode = 'GCM_NOPADDING' | 'CBC_NOPADDING' | 'CBC_PKCS5' | 'CTR_NOPADDING';

function row(id: number, block: 'AES' | 'SM4', mode: Mode, bits: 128 | 256): Algorithm {
  const cipher = block === 'AES' ? `aes-${bits}` : 'sm4';
  const authenticated = mode === 'GCM_NOPADDING';
  return {
    id,
    name: `${block}_${mode}_${bits}`,
    cipher: `${cipher}-${mode.slice(0, 3).toLowerCase()}`,
    gcm: `${cipher}-gcm` as CipherGCMTypes, // the types of Node leave out sm4-gcm, which OpenSSL 3.1 brought
    keyBytes: bits / 8,
    ivBytes: authenticated ? 12 : 16,
    tagBytes: authenticated ? TAG_BYTES : 0,
    padded: mode === 'CBC_PKCS5',
  };
}

/** The only one that is written (envelope formats 5). */
export const WRITTEN = row(2, 'AES', 'GCM_NOPADDING', 256);

const ALGORITHMS: readonly Algorithm[] = [
  row(1, 'AES', 'GCM_NOPADDING', 128),
  WRITTEN,
  row(3, 'AES', 'CBC_NOPADDING', 128),
  row(4, 'AES', 'CBC_NOPADDING', 256),
  row(5, 'AES', 'CBC_PKCS5', 128),
  row(6, 'AES', 'CBC_PKCS5', 256),
  row(7, 'AES', 'CTR_NOPADDING', 128),
  row(8, 'AES', 'CTR_NOPADDING', 256),
  row(9, 'SM4', 'GCM_NOPADDING', 128),
  row(10, 'SM4', 'CBC_NOPADDING', 128),
  row(11, 'SM4', 'CBC_PKCS5', 128),
  row(12, 'SM4', 'CTR_NOPADDING', 128),
];

export const algorithmOf = (id: number): Algorithm | undefined => ALGORITHMS.find((one) => one.id === id);
