import type { KeyVersion } from '../../keys/key.ts';
import { dateText } from '../../keys/key-metadata.ts';

/** A key version as both operations answer it. */
export const versionRow = ({ keyId, keyVersionId, createdAt }: KeyVersion) => ({
  KeyId: keyId,
  KeyVersionId: keyVersionId,
  CreationDate: dateText(createdAt),
});
