import { GenerateDataKey } from '@keyhold/api/kms/crypto.ts';
import { handler } from '../handler.ts';
import { dataKey } from './data-key.ts';

export const generateDataKey = handler(GenerateDataKey, (kms, { key, params }) =>
  dataKey(kms, key('KeyId'), params),
);
