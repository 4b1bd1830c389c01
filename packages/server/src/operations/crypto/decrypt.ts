import { Decrypt } from '@keyhold/api/kms/crypto.ts';
import { parseCiphertext } from '../../keys/ciphertext.ts';
import { handler } from '../handler.ts';

export const decrypt = handler(Decrypt, async (kms, { key, params }) => {
  const cmk = key('CiphertextBlob');
  const blob = parseCiphertext('CiphertextBlob', params.CiphertextBlob);
  const plaintext = await kms.keyring.decrypt(cmk, blob, params.EncryptionContext);
  const answer = { KeyId: cmk.keyId, KeyVersionId: blob.keyVersionId, Plaintext: plaintext.toString('utf8') };
  plaintext.fill(0);
  return answer;
});
