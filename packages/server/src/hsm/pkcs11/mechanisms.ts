import pkcs11, { type AesCBC, type AesGCM, type Mechanism, type RsaOAEP } from 'pkcs11js';
import { DERIVATION_IV } from '../derivation.ts';
import { type ImportAlgorithm, NONCE_BYTES, TAG_BYTES } from '../token.ts';

export const MAKE_KEY: Mechanism = { mechanism: pkcs11.CKM_AES_KEY_GEN };
export const MAKE_PAIR: Mechanism = { mechanism: pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN };
export const MEASURE: Mechanism = { mechanism: pkcs11.CKM_AES_KEY_WRAP };
export const MAC: Mechanism = { mechanism: pkcs11.CKM_SHA256_HMAC };

export function gcm(iv: Buffer, aad: Buffer): Mechanism {
  const [ivBits, tagBits] = [NONCE_BYTES * 8, TAG_BYTES * 8];
  const parameter: AesGCM = { type: pkcs11.CK_PARAMS_AES_GCM, iv, ivBits, aad, tagBits };
  return { mechanism: pkcs11.CKM_AES_GCM, parameter };
}

export function derivation(data: Buffer): Mechanism {
  const parameter: AesCBC = { type: pkcs11.CK_PARAMS_AES_CBC, iv: DERIVATION_IV, data };
  return { mechanism: pkcs11.CKM_AES_CBC_ENCRYPT_DATA, parameter };
}

/** CKZ_DATA_SPECIFIED without data: the empty label. */
const EMPTY_LABEL = 1;
function oaep(hashAlg: number, mgf: number): Mechanism {
  const parameter: RsaOAEP = { type: pkcs11.CK_PARAMS_RSA_OAEP, hashAlg, mgf, source: EMPTY_LABEL };
  return { mechanism: pkcs11.CKM_RSA_PKCS_OAEP, parameter };
}

/** The hash of MGF1 is that of OAEP (KMS semantics 14). */
export const UNWRAP: Readonly<Record<ImportAlgorithm, Mechanism>> = {
  RSAES_OAEP_SHA_1: oaep(pkcs11.CKM_SHA_1, pkcs11.CKG_MGF1_SHA1),
  RSAES_OAEP_SHA_256: oaep(pkcs11.CKM_SHA256, pkcs11.CKG_MGF1_SHA256),
  RSAES_PKCS1_V1_5: { mechanism: pkcs11.CKM_RSA_PKCS },
};

/** Without these a token cannot hold keys of ours; importing needs more, which is refused when asked for. */
export const NEEDED: Readonly<Record<string, number>> = {
  CKM_AES_KEY_GEN: pkcs11.CKM_AES_KEY_GEN,
  CKM_AES_GCM: pkcs11.CKM_AES_GCM,
  CKM_AES_CBC_ENCRYPT_DATA: pkcs11.CKM_AES_CBC_ENCRYPT_DATA,
  CKM_SHA256_HMAC: pkcs11.CKM_SHA256_HMAC,
};
