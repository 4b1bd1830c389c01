import { GenerateDataKey, GenerateDataKeyWithoutPlaintext } from '@keyhold/api/kms/crypto.ts';
import type { RequestOf } from '@keyhold/api/operation.ts';
import type { Key } from '../../keys/key.ts';
import { newDataKey } from '../../keys/software.ts';
import type { Kms } from '../../kms.ts';
import { handler } from '../handler.ts';

const BYTES = { AES_256: 32, AES_128: 16 } as const;

export const generateDataKey = handler(GenerateDataKey, async (kms, { key, params }) => {
  const { Plaintext, ...encrypted } = await dataKey(kms, key('KeyId'), params);
  return { ...encrypted, Plaintext };
});

export const generateDataKeyWithoutPlaintext = handler(
  GenerateDataKeyWithoutPlaintext,
  async (kms, { key, params }) => {
    const { Plaintext: _, ...encrypted } = await dataKey(kms, key('KeyId'), params);
    return encrypted;
  },
);

/** The Base64 text of the data key is what is encrypted, so that Decrypt returns it (KMS semantics 10.2). */
async function dataKey(kms: Kms, cmk: Key, params: RequestOf<typeof GenerateDataKey>) {
  const bytes = newDataKey(params.NumberOfBytes ?? BYTES[params.KeySpec ?? 'AES_256']);
  const Plaintext = bytes.toString('base64');
  bytes.fill(0);
  const text = Buffer.from(Plaintext, 'latin1');
  const { blob, keyVersionId } = await kms.keyring.encrypt(cmk, text, params.EncryptionContext);
  text.fill(0);
  const CiphertextBlob = blob.toString('base64');
  return { Plaintext, CiphertextBlob, KeyId: cmk.keyId, KeyVersionId: keyVersionId };
}
