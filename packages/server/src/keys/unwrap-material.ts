import { constants, type KeyObject, privateDecrypt } from 'node:crypto';
import type { WrappingAlgorithm } from '@keyhold/api/kms/import.ts';
import { SecretBytes, secretRoom } from '../secret-bytes.ts';

/** What came out of a wrapping. Where `fits` is false, `material` is of the right length and means nothing. */
export interface Unwrapped {
  readonly material: SecretBytes;
  readonly fits: boolean;
}

/** Undoes the wrapping of `bytes` bytes of material. Never throws for what is in `wrapped`, whatever it is. */
export function unwrapMaterial(
  privateKey: KeyObject,
  algorithm: WrappingAlgorithm,
  wrapped: Uint8Array,
  bytes: number,
): Unwrapped {
  return UNWRAP[algorithm](privateKey, wrapped, bytes);
}

type Unwrap = (privateKey: KeyObject, wrapped: Uint8Array, bytes: number) => Unwrapped;

const UNWRAP: Readonly<Record<WrappingAlgorithm, Unwrap>> = {
  RSAES_OAEP_SHA_1: oaep('sha1'),
  RSAES_OAEP_SHA_256: oaep('sha256'),
  RSAES_PKCS1_V1_5: pkcs1,
};

/** OpenSSL takes the hash for MGF1 as well; the label is empty (KMS semantics 14). */
function oaep(oaepHash: string): Unwrap {
  return (key, wrapped, bytes) => {
    const opened = decrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, wrapped);
    if (opened?.length === bytes) return { material: new SecretBytes(opened), fits: true };
    opened?.fill(0);
    return nothing(bytes);
  };
}

/**
 * The padding is read here: OpenSSL's own answers a wrong one with random bytes of random length, and one in 250
 * of those has the length of a key. Here all of it must be right, `00 02 | non-zero bytes | 00 | material`, and
 * every byte is looked at whatever the others are.
 */
function pkcs1(key: KeyObject, wrapped: Uint8Array, bytes: number): Unwrapped {
  const block = decrypt({ key, padding: constants.RSA_NO_PADDING }, wrapped);
  if (block === undefined) return nothing(bytes); // not below the modulus, which everybody can see
  const start = block.length - bytes;
  const byte = (at: number): number => block[at] ?? 0;
  let wrong = byte(0) | (byte(1) ^ 2) | byte(start - 1);
  for (let at = 2; at < start - 1; at++) wrong |= (byte(at) - 1) & 0x100;
  const material = secretRoom(bytes);
  material.set(block.subarray(start));
  block.fill(0);
  return { material: new SecretBytes(material), fits: wrong === 0 };
}

const nothing = (bytes: number): Unwrapped => ({
  material: new SecretBytes(new Uint8Array(bytes)),
  fits: false,
});

type PrivateDecryption = Parameters<typeof privateDecrypt>[0];

function decrypt(how: PrivateDecryption, wrapped: Uint8Array): Buffer | undefined {
  try {
    return privateDecrypt(how, wrapped);
  } catch {
    return undefined;
  }
}
