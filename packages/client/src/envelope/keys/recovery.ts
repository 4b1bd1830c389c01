import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto';
import { EnvelopeError } from '../envelope-error.ts';
import { type RecoveryRecipient, recoveryRecipient } from '../format/recipients.ts';

/** RSAES-OAEP with SHA-256, MGF1 SHA-256 and the empty label (envelope formats 4.4, type 03). */
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const;
const MIN_BITS = 2048;

/** A key for the safe: opens files when KMS is gone. Throws InvalidRecipient. */
export function readRecoveryPublicKey(pem: string): KeyObject {
  return checked(() => createPublicKey(pem), 'public key');
}

/** Throws InvalidRecipient, also for a wrong passphrase. */
export function readRecoveryPrivateKey(pem: string, passphrase?: string): KeyObject {
  return checked(
    () => createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase }),
    'private key, or its passphrase is wrong or missing',
  );
}

function checked(read: () => KeyObject, what: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = read();
  } catch {
    // The cause may quote the key: the sentence below says enough.
  }
  if (key?.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_BITS) {
    throw new EnvelopeError(
      'InvalidRecipient',
      `a recovery key is an RSA key of ${MIN_BITS} bits or more in PEM: this is no such ${what}`,
    );
  }
  return key;
}

/** SHA-256 of the DER SubjectPublicKeyInfo. */
export function fingerprintOf(key: KeyObject): Uint8Array {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

export const wrapForRecovery = (publicKey: KeyObject, dataKey: Uint8Array): RecoveryRecipient =>
  recoveryRecipient(fingerprintOf(publicKey), publicEncrypt({ key: publicKey, ...OAEP }, dataKey));

/** Throws what OpenSSL throws where the key does not fit; says nothing about the plaintext. */
export const openWithRecovery = (privateKey: KeyObject, { ciphertext }: RecoveryRecipient): Uint8Array =>
  privateDecrypt({ key: privateKey, ...OAEP }, ciphertext);
