import type { Operation } from '../operation.ts';
import type { Product } from '../product.ts';
import { LookupEvents } from './lookup.ts';
import * as trails from './trails.ts';

/** Every operation served, under its wire name. */
export const actionTrailOperations = {
  LookupEvents,
  CreateTrail: trails.CreateTrail,
  DeleteTrail: trails.DeleteTrail,
  DescribeTrails: trails.DescribeTrails,
  GetTrailStatus: trails.GetTrailStatus,
  StartLogging: trails.StartLogging,
  StopLogging: trails.StopLogging,
  UpdateTrail: trails.UpdateTrail,
} as const;

export type ActionTrailOperations = typeof actionTrailOperations;
export type ActionTrailAction = keyof ActionTrailOperations;

export const ACTIONTRAIL: Product = {
  name: 'Actiontrail',
  version: '2020-07-06',
  operations: new Map<string, Operation>(Object.entries(actionTrailOperations)),
  unsupported: new Set([
    'CreateAdvancedQueryHistory',
    'CreateAdvancedQueryTemplate',
    'CreateDeliveryHistoryJob',
    'DeleteAdvancedQueryHistory',
    'DeleteAdvancedQueryTemplate',
    'DeleteDataEventSelector',
    'DeleteDeliveryHistoryJob',
    'DescribeAdvancedQueryHistory',
    'DescribeAdvancedQueryTemplate',
    'DescribeRegions',
    'DescribeResourceLifeCycleEvents',
    'DescribeScenes',
    'DescribeSearchTemplates',
    'DescribeTrailDeliveryMetricData',
    'DescribeUserAlertCount',
    'DescribeUserLogCount',
    'DescribeUserTrailCount',
    'DisableInsight',
    'EnableInsight',
    'GetAccessKeyLastUsedEvents',
    'GetAccessKeyLastUsedInfo',
    'GetAccessKeyLastUsedIps',
    'GetAccessKeyLastUsedProducts',
    'GetAccessKeyLastUsedResources',
    'GetAdvancedQueryTemplate',
    'GetDataEventSelector',
    'GetDeliveryHistoryJob',
    'GetGlobalEventsStorageRegion',
    'GetGovernanceMetrics',
    'GetInsightSelectors',
    'GetInsightTypes',
    'GetInsightsEventsCount',
    'ListDataEventSelectors',
    'ListDataEventServices',
    'ListDeliveryHistoryJobs',
    'LookupInsightEvents',
    'PutDataEventSelector',
    'PutInsightSelectors',
    'UpdateAdvancedQueryTemplate',
    'UpdateGlobalEventsStorageRegion',
  ]),
};
