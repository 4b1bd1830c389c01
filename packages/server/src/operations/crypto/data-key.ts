import type { GenerateDataKey } from '@keyhold/api/kms/crypto.ts';
import type { RequestOf } from '@keyhold/api/operation.ts';
import type { Key } from '../../keys/key.ts';
import { newDataKey } from '../../keys/software.ts';
import type { Kms } from '../../kms.ts';

const BYTES = { AES_256: 32, AES_128: 16, SM4_128: 16 } as const;

/**
 * A random data key, in clear and encrypted. Its Base64 text is what is encrypted, so that Decrypt returns it
 * (KMS semantics 10.2).
 */
export async function dataKey(kms: Kms, cmk: Key, params: RequestOf<typeof GenerateDataKey>) {
  const bytes = newDataKey(params.NumberOfBytes ?? BYTES[params.KeySpec ?? 'AES_256']);
  const Plaintext = bytes.toString('base64');
  bytes.fill(0);
  const text = Buffer.from(Plaintext, 'latin1');
  const { blob, keyVersionId } = await kms.keyring.encrypt(cmk, text, params.EncryptionContext);
  text.fill(0);
  const CiphertextBlob = blob.toString('base64');
  return { Plaintext, CiphertextBlob, KeyId: cmk.keyId, KeyVersionId: keyVersionId };
}
