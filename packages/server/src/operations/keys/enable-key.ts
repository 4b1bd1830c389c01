import { EnableKey } from '@keyhold/api/kms/keys.ts';
import { handler } from '../handler.ts';
import { changeKey } from './change-key.ts';

/** An enabled key stays enabled. */
export const enableKey = handler(EnableKey, (kms, { key }) =>
  changeKey(kms, key('KeyId'), { state: 'Enabled' }),
);
