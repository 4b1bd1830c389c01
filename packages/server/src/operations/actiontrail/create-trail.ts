import { CreateTrail } from '@keyhold/api/actiontrail/trails.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import { requireRoom } from '../../ram/require.ts';
import { handler } from '../handler.ts';
import { shownTrail } from './shown-trail.ts';
import { requireBucket, requireFreeBucket, requireRegions } from './trail-changes.ts';

/** Per region (ActionTrail 7). */
const MOST_TRAILS = 5;

/** It delivers nothing yet. EventRW is All by default, as the newest documents say: an audit should miss nothing. */
export const createTrail = handler(CreateTrail, async (kms, { params, home, now }) => {
  const trail = {
    trailName: params.Name,
    region: home.region,
    trailRegion: params.TrailRegion ?? 'All',
    eventRw: params.EventRW ?? 'All',
    bucket: params.OssBucketName ?? '',
    keyPrefix: params.OssKeyPrefix ?? '',
    writeRoleArn: params.OssWriteRoleArn ?? '',
    runs: [],
    createdAt: now,
    updatedAt: now,
    startedAt: null,
    stoppedAt: null,
  };
  requireRegions(kms, params.TrailRegion);
  await requireBucket(kms, home, trail.bucket);
  await kms.ram.change(home.accountId, (directory) => {
    if (directory.trails.some(({ trailName }) => trailName === trail.trailName)) {
      throw new ApiError('TrailAlreadyExistsException', { name: trail.trailName });
    }
    const here = directory.trails.filter(({ region }) => region === home.region);
    requireRoom('MaximumNumberOfTrailsExceededException', here.length, MOST_TRAILS);
    requireFreeBucket(kms, directory, trail);
    return { result: undefined, put: [['trail', trail]] };
  });
  await kms.delivery.noteChange(home.accountId);
  return shownTrail(trail);
});
