import { DescribeKey } from '@keyhold/api/kms/keys.ts';
import type { Caller } from '@keyhold/client/client.ts';

const DAY_MS = 86_400_000;
/** A key used within this time has somebody who needs it. */
const RECENT_DAYS = 30;

/**
 * What to say to whoever schedules the deletion of a key that was used of late; undefined where it was not, or
 * where the caller may not know.
 */
export async function deletionWarning(kms: Caller, KeyId: string, now: number): Promise<string | undefined> {
  const used = await kms.call(DescribeKey, { KeyId }).then(
    ({ KeyMetadata }) => KeyMetadata.LastUsedDate,
    () => undefined,
  );
  if (!used || now - Date.parse(used) > RECENT_DAYS * DAY_MS) return undefined;
  return (
    `warning: ${KeyId} was last used at ${used}; all that it encrypted is lost when it is gone. ` +
    'Until then: keyhold call CancelKeyDeletion, or DisableKey to see who needs it'
  );
}
