import { ApiError } from '@keyhold/api/errors.ts';
import type { Kms } from '../../kms.ts';
import type { Directory } from '../../ram/directory.ts';
import type { TrailRecord } from '../../ram/records.ts';
import type { Home } from '../../store/store.ts';

/** A trail is known in the region where it was made, and changed there alone. */
export function requireTrail(directory: Directory, { region }: Home, name: string): TrailRecord {
  const trail = directory.trails.find((known) => known.trailName === name && known.region === region);
  if (!trail) throw new ApiError('TrailNotFoundException', { name });
  return trail;
}

/** One atomic change of a trail that is there, of which deliveries are told. `change` may give it back as it is. */
export async function changeTrail(
  kms: Kms,
  home: Home,
  name: string,
  change: (trail: TrailRecord, directory: Directory) => TrailRecord,
): Promise<TrailRecord> {
  const changed = await kms.ram.change(home.accountId, (directory) => {
    const trail = requireTrail(directory, home, name);
    const result = change(trail, directory);
    return { result, put: result === trail ? [] : [['trail', result]] };
  });
  await kms.delivery.noteChange(home.accountId);
  return changed;
}

/** Regions that are not served have no events to deliver. */
export function requireRegions({ regions }: Kms, trailRegion: string | undefined): void {
  if (trailRegion === undefined || trailRegion === 'All') return;
  if (trailRegion.split(',').every((region) => regions.includes(region))) return;
  throw new ApiError('InvalidQueryParameter', { parameter: 'TrailRegion' });
}

/** The bucket stands for a place, and that takes objects now. */
export async function requireBucket({ delivery }: Kms, { accountId }: Home, name: string): Promise<void> {
  switch (await delivery.check(accountId, name)) {
    case 'ok':
      return;
    case 'missing':
      throw new ApiError('BucketDoesNotExistException', { name });
    case 'denied':
      throw new ApiError('InsufficientBucketPolicyException', { name });
    case 'full':
    case 'away':
      throw new ApiError('ServiceUnavailableTemporary', { reason: `the bucket ${name} does not answer` });
  }
}

/** A bucket serves one trail (ActionTrail 7), whosesoever. */
export function requireFreeBucket(
  { delivery }: Kms,
  directory: Directory,
  { trailName, bucket }: Pick<TrailRecord, 'trailName' | 'bucket'>,
): void {
  const taken =
    directory.trails.some((other) => other.bucket === bucket && other.trailName !== trailName) ||
    delivery.isTaken(bucket, directory.accountId);
  if (taken) throw new ApiError('RepeatOssBucket', { name: bucket });
}
