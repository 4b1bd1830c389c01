import { UpdateKeyDescription } from '@keyhold/api/kms/keys.ts';
import { handler } from '../handler.ts';
import { changeKey } from './change-key.ts';

export const updateKeyDescription = handler(UpdateKeyDescription, (kms, { key, params }) =>
  changeKey(kms, key('KeyId'), { description: params.Description }),
);
