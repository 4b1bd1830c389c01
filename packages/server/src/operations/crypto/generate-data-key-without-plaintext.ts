import { GenerateDataKeyWithoutPlaintext } from '@keyhold/api/kms/crypto.ts';
import { handler } from '../handler.ts';
import { dataKey } from './data-key.ts';

export const generateDataKeyWithoutPlaintext = handler(
  GenerateDataKeyWithoutPlaintext,
  async (kms, { key, params }) => {
    const { Plaintext: _, ...encrypted } = await dataKey(kms, key('KeyId'), params);
    return encrypted;
  },
);
