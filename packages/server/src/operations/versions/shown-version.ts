import type { KeyVersion } from '../../keys/key.ts';
import { dateText } from '../date-text.ts';

/** A key version as both operations answer it. */
export const shownVersion = ({ keyId, keyVersionId, createdAt }: KeyVersion) => ({
  KeyId: keyId,
  KeyVersionId: keyVersionId,
  CreationDate: dateText(createdAt),
});
