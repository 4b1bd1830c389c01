import { ApiError } from '@keyhold/api/errors.ts';
import { CreateKeyVersion } from '@keyhold/api/kms/versions.ts';
import { addVersion } from '../../keys/add-version.ts';
import { Conflict } from '../../store/store.ts';
import { dateText } from '../date-text.ts';
import { handler } from '../handler.ts';
import { shownVersion } from './shown-version.ts';

/** Between two versions of one key, and how many of them are made by hand (KMS semantics 13). */
const APART_MS = 7 * 86_400_000;
const MOST = 50;

export const createKeyVersion = handler(CreateKeyVersion, async (kms, { key, now }) => {
  const cmk = key('KeyId');
  const newest = cmk.lastRotationAt ?? 0;
  const soonest = newest + APART_MS;
  // A version of the future was made by a clock that is back, and holds nothing up.
  if (newest <= now && now < soonest) {
    const reason = `versions are made at least 7 days apart, so the next from ${dateText(soonest)} on`;
    throw new ApiError('Rejected.UnsupportedOperation', { reason });
  }
  const { total } = await kms.store.keys.listVersions(cmk.keyId, { offset: 0, limit: 1 });
  if (total >= MOST) throw new ApiError('Rejected.LimitExceeded', { limit: MOST, what: 'versions of a key' });
  const { outcome, version } = await addVersion(kms, cmk, now, kms.quotas.versions);
  if (outcome === 'conflict') throw new Conflict();
  if (outcome === 'quota') {
    throw new ApiError('Rejected.LimitExceeded', { limit: kms.quotas.versions, what: 'key versions' });
  }
  return { KeyVersion: shownVersion(version) };
});
