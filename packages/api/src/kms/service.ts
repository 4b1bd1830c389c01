import * as z from 'zod';
import { operation } from '../operation.ts';

export const DescribeRegions = operation({
  action: 'DescribeRegions',
  group: 'service',
  summary: 'Lists the regions this server answers for; open to every signed caller.',
  effect: 'read',
  grants: [],
  request: z.object({}),
  response: z.object({ Regions: z.object({ Region: z.array(z.object({ RegionId: z.string() })) }) }),
  errors: [],
  trail: { request: [], response: [], unrecorded: true },
});

export const DescribeAccountKmsStatus = operation({
  action: 'DescribeAccountKmsStatus',
  group: 'service',
  summary: 'Tells whether KMS is open for the account.',
  effect: 'read',
  grants: [{ action: 'kms:DescribeAccountKmsStatus', resource: { kind: 'service' } }],
  request: z.object({}),
  response: z.object({ AccountStatus: z.enum(['Enabled', 'NotEnabled', 'InDebt', 'Suspended']) }),
  errors: [],
  trail: { request: [], response: [] },
});

export const OpenKmsService = operation({
  action: 'OpenKmsService',
  group: 'service',
  summary: 'Opens KMS for the account; here it always is, so the answer is Forbidden.Opened.',
  effect: 'write',
  grants: [{ action: 'kms:OpenKmsService', resource: { kind: 'service' } }],
  request: z.object({}),
  response: z.object({}),
  errors: ['Forbidden.Opened'],
  trail: { request: [], response: [] },
});
