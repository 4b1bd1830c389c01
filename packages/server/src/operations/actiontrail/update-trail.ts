import { UpdateTrail } from '@keyhold/api/actiontrail/trails.ts';
import { handler } from '../handler.ts';
import { given } from '../ram/given.ts';
import { shownTrail } from './shown-trail.ts';
import {
  changeTrail,
  requireBucket,
  requireFreeBucket,
  requireRegions,
  requireTrail,
} from './trail-changes.ts';

/** What was not delivered yet goes where the trail delivers to from now on. */
export const updateTrail = handler(UpdateTrail, async (kms, { params, home, now }) => {
  const { Name: name, OssBucketName: bucket, TrailRegion: trailRegion } = params;
  requireTrail(await kms.ram.get(home.accountId), home, name);
  requireRegions(kms, trailRegion);
  if (bucket !== undefined) await requireBucket(kms, home, bucket);
  const changed = await changeTrail(kms, home, name, (trail, directory) => {
    const changes = given({
      trailRegion,
      eventRw: params.EventRW,
      bucket,
      keyPrefix: params.OssKeyPrefix,
      writeRoleArn: params.OssWriteRoleArn,
    });
    const updated = { ...trail, ...changes, updatedAt: now };
    requireFreeBucket(kms, directory, updated);
    return updated;
  });
  return shownTrail(changed);
});
