import { ApiError } from '@keyhold/api/errors.ts';
import { ReEncrypt } from '@keyhold/api/kms/crypto.ts';
import { handler } from '../handler.ts';

/** KeyId and KeyVersionId of the answer are those of the decrypting key, as the vendor's text says. */
export const reEncrypt = handler(ReEncrypt, async (kms, { key, ciphertext, params }) => {
  if (params.SourceEncryptionAlgorithm !== undefined) {
    throw new ApiError('UnsupportedOperation', {
      reason: 'ciphertext of a public key cannot be re-encrypted',
    });
  }
  const source = ciphertext('CiphertextBlob');
  const plaintext = await kms.keyring.decrypt(key('CiphertextBlob'), source, params.SourceEncryptionContext);
  try {
    const destination = key('DestinationKeyId');
    const { blob } = await kms.keyring.encrypt(destination, plaintext, params.DestinationEncryptionContext);
    const CiphertextBlob = blob.toString('base64');
    return { CiphertextBlob, KeyId: source.keyId, KeyVersionId: source.keyVersionId };
  } finally {
    plaintext.fill(0);
  }
});
