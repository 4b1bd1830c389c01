import { Decrypt } from '@keyhold/api/kms/crypto.ts';
import { handler } from '../handler.ts';

export const decrypt = handler(Decrypt, async (kms, { key, ciphertext, params }) => {
  const cmk = key('CiphertextBlob');
  const blob = ciphertext('CiphertextBlob');
  const plaintext = await kms.keyring.decrypt(cmk, blob, params.EncryptionContext);
  const answer = { KeyId: cmk.keyId, KeyVersionId: blob.keyVersionId, Plaintext: plaintext.toString('utf8') };
  plaintext.fill(0);
  return answer;
});
