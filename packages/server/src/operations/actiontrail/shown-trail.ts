import type { TrailRecord } from '../../ram/records.ts';

/** What a trail is made of, as clients read it. */
export const shownTrail = (trail: TrailRecord) => ({
  Name: trail.trailName,
  HomeRegion: trail.region,
  TrailRegion: trail.trailRegion,
  EventRW: trail.eventRw,
  OssBucketName: trail.bucket,
  OssKeyPrefix: trail.keyPrefix,
  OssWriteRoleArn: trail.writeRoleArn,
  SlsProjectArn: '',
  SlsWriteRoleArn: '',
  MaxComputeProjectArn: '',
  MaxComputeWriteRoleArn: '',
});

/** Whether it delivers what happens now. */
export const isLogging = ({ runs }: TrailRecord): boolean => runs.length > 0 && runs.at(-1)?.end === null;
