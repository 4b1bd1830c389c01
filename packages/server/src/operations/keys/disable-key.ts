import { DisableKey } from '@keyhold/api/kms/keys.ts';
import { handler } from '../handler.ts';
import { changeKey } from './change-key.ts';

/** A disabled key stays disabled. */
export const disableKey = handler(DisableKey, (kms, { key }) =>
  changeKey(kms, key('KeyId'), { state: 'Disabled' }),
);
