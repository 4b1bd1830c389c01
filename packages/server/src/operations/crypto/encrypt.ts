import { Encrypt } from '@keyhold/api/kms/crypto.ts';
import { handler } from '../handler.ts';

/** Plaintext is an opaque text: Decrypt returns it byte for byte (KMS semantics 10.2). */
export const encrypt = handler(Encrypt, async (kms, { key, params }) => {
  const cmk = key('KeyId');
  const plaintext = Buffer.from(params.Plaintext, 'utf8');
  const { blob, keyVersionId } = await kms.keyring.encrypt(cmk, plaintext, params.EncryptionContext);
  plaintext.fill(0);
  return { CiphertextBlob: blob.toString('base64'), KeyId: cmk.keyId, KeyVersionId: keyVersionId };
});
