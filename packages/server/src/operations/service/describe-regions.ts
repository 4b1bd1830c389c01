import { DescribeRegions } from '@keyhold/api/kms/service.ts';
import { handler } from '../handler.ts';

export const describeRegions = handler(DescribeRegions, ({ regions }) => ({
  Regions: { Region: regions.map((RegionId) => ({ RegionId })) },
}));
