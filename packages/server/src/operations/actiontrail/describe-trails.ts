import { DescribeTrails } from '@keyhold/api/actiontrail/trails.ts';
import { trailArn } from '@keyhold/api/arn.ts';
import type { TrailRecord } from '../../ram/records.ts';
import { dateText } from '../date-text.ts';
import { handler } from '../handler.ts';
import { isLogging, shownTrail } from './shown-trail.ts';

export const describeTrails = handler(DescribeTrails, async (kms, { params, home }) => {
  const { trails } = await kms.ram.get(home.accountId);
  const names = params.NameList?.split(',').map((name) => name.trim());
  const asked = trails.filter(
    (trail) =>
      (names?.includes(trail.trailName) ?? true) &&
      (trail.region === home.region ||
        (params.IncludeShadowTrails === true && covers(trail.trailRegion, home.region))),
  );
  const TrailList = asked.map((trail) => ({
    ...shownTrail(trail),
    TrailArn: trailArn(trail.region, home.accountId, trail.trailName),
    Region: trail.region,
    Status: statusOf(trail),
    IsOrganizationTrail: false,
    OrganizationId: '',
    OssBucketLocation: '',
    CreateTime: dateText(trail.createdAt),
    UpdateTime: dateText(trail.updatedAt),
    StartLoggingTime: dateText(trail.startedAt),
    StopLoggingTime: dateText(trail.stoppedAt),
  }));
  return { TrailList };
});

const covers = (trailRegion: string, region: string): boolean =>
  trailRegion === 'All' || trailRegion.split(',').includes(region);

function statusOf(trail: TrailRecord): 'Fresh' | 'Enable' | 'Disable' {
  if (isLogging(trail)) return 'Enable';
  return trail.startedAt === null ? 'Fresh' : 'Disable';
}
