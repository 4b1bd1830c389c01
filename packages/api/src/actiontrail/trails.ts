import * as z from 'zod';
import { parseRoleArn } from '../arn.ts';
import { operation } from '../operation.ts';
import { boolean, codedChoice, codedText, dateText, failsWith, notOffered, text } from '../values.ts';

const trail = { kind: 'trail', parameter: 'Name' } as const;
/** Whoever makes the service act as a role must be allowed to hand that role over (ActionTrail 7). */
const passedRole = { kind: 'roleArn', parameter: 'OssWriteRoleArn' } as const;

const trailName = codedText('InvalidTrailNameException', /^[a-z][a-z0-9_-]*$/, 6, 36).describe(
  '6 to 36 of a-z, 0-9, - and _; a letter first',
);

const EVENT_RW = ['Write', 'Read', 'All'] as const;
const noLogService = notOffered('there is no log service', 'SlsProjectDoesNotExistException').optional();
const noMaxCompute = notOffered('there is no MaxCompute').optional();

const delivery = {
  EventRW: codedChoice('InvalidQueryParameter', EVENT_RW)
    .optional()
    .describe('Write, Read or All (default of a new trail); Encrypt and Decrypt are Read'),
  OssBucketName: codedText('InvalidQueryParameter', /^[a-z0-9][a-z0-9-]*$/, 3, 63)
    .optional()
    .describe('bucket to deliver to: 3 to 63 of a-z, 0-9 and -'),
  OssKeyPrefix: codedText('InvalidPrefixException', /^[A-Za-z][A-Za-z0-9/_-]*$/, 6, 32)
    .optional()
    .describe('begins the names of delivered objects: 6 to 32 of A-Z, a-z, 0-9, - / _'),
  OssWriteRoleArn: z
    .string()
    .refine((arn) => parseRoleArn(arn) !== undefined, failsWith('InvalidQueryParameter'))
    .optional()
    .describe('role to deliver as'),
  TrailRegion: text(1024).optional().describe('All (default), or regions, separated by commas'),
  SlsProjectArn: noLogService,
  SlsWriteRoleArn: noLogService,
  MaxComputeProjectArn: noMaxCompute,
  MaxComputeWriteRoleArn: noMaxCompute,
};
const recordedDelivery = [
  'EventRW',
  'OssBucketName',
  'OssKeyPrefix',
  'OssWriteRoleArn',
  'TrailRegion',
] as const;

const trailMembers = {
  Name: z.string(),
  HomeRegion: z.string(),
  TrailRegion: z.string(),
  EventRW: z.enum(EVENT_RW),
  OssBucketName: z.string(),
  OssKeyPrefix: z.string(),
  OssWriteRoleArn: z.string(),
  SlsProjectArn: z.string(),
  SlsWriteRoleArn: z.string(),
  MaxComputeProjectArn: z.string(),
  MaxComputeWriteRoleArn: z.string(),
};
const TRAIL_MEMBERS = [
  'Name',
  'HomeRegion',
  'TrailRegion',
  'EventRW',
  'OssBucketName',
  'OssKeyPrefix',
  'OssWriteRoleArn',
  'SlsProjectArn',
  'SlsWriteRoleArn',
  'MaxComputeProjectArn',
  'MaxComputeWriteRoleArn',
] as const;

const deliveryErrors = [
  'UnsupportedOperation',
  'InvalidParameter',
  'InvalidTrailNameException',
  'InvalidPrefixException',
  'InvalidQueryParameter',
  'InvalidDeliveryConfigurationException',
  'RepeatOssBucket',
  'SlsProjectDoesNotExistException',
  'InsufficientBucketPolicyException',
  'BucketDoesNotExistException',
] as const;

export const CreateTrail = operation({
  action: 'CreateTrail',
  group: 'trails',
  summary: 'Makes a trail that copies events elsewhere once StartLogging starts it.',
  effect: 'write',
  grants: [
    { action: 'actiontrail:CreateTrail', resource: { kind: 'trails' } },
    { action: 'ram:PassRole', resource: passedRole },
  ],
  request: z
    .object({
      Name: trailName,
      ...delivery,
      IsOrganizationTrail: boolean
        .refine((wanted) => !wanted, failsWith('NotAllowCreateOrganizationTrail'))
        .optional()
        .describe('false (default): there are no trails of several accounts'),
    })
    .refine(({ OssBucketName }) => OssBucketName !== undefined, {
      ...failsWith('InvalidDeliveryConfigurationException'),
      path: ['OssBucketName'],
    }),
  response: z.object(trailMembers),
  errors: [
    ...deliveryErrors,
    'NotAllowCreateOrganizationTrail',
    'TrailAlreadyExistsException',
    'MaximumNumberOfTrailsExceededException',
  ],
  trail: { request: ['Name', ...recordedDelivery, 'IsOrganizationTrail'], response: TRAIL_MEMBERS },
});

export const UpdateTrail = operation({
  action: 'UpdateTrail',
  group: 'trails',
  summary: 'Changes where and what a trail delivers; what is absent stays.',
  effect: 'write',
  grants: [
    { action: 'actiontrail:UpdateTrail', resource: trail },
    { action: 'ram:PassRole', resource: passedRole },
  ],
  request: z.object({ Name: trailName, ...delivery }),
  response: z.object(trailMembers),
  errors: [...deliveryErrors, 'TrailNotFoundException'],
  trail: { request: ['Name', ...recordedDelivery], response: TRAIL_MEMBERS },
});

export const DescribeTrails = operation({
  action: 'DescribeTrails',
  group: 'trails',
  summary: 'Describes the trails of the region, or those named.',
  effect: 'read',
  grants: [{ action: 'actiontrail:DescribeTrails', resource: { kind: 'trails' } }],
  request: z.object({
    NameList: text(1024).optional().describe('names, separated by commas; unknown ones are left out'),
    IncludeShadowTrails: boolean
      .optional()
      .describe('true: also trails of other regions that cover this one'),
    IncludeOrganizationTrail: boolean.optional().describe('without effect: there are none'),
  }),
  response: z.object({
    /** Dates and other texts are `""` where there is none. */
    TrailList: z.array(
      z.object({
        ...trailMembers,
        TrailArn: z.string(),
        Region: z.string(),
        Status: z.enum(['Fresh', 'Enable', 'Disable']),
        IsOrganizationTrail: z.boolean(),
        OrganizationId: z.string(),
        OssBucketLocation: z.string(),
        CreateTime: dateText,
        UpdateTime: dateText,
        StartLoggingTime: dateText,
        StopLoggingTime: dateText,
      }),
    ),
  }),
  errors: ['InvalidParameter', 'InvalidQueryParameter', 'InvalidTrailNameException'],
  trail: { request: ['NameList', 'IncludeShadowTrails', 'IncludeOrganizationTrail'], response: [] },
});

const namedErrors = ['InvalidTrailNameException', 'TrailNotFoundException'] as const;

export const GetTrailStatus = operation({
  action: 'GetTrailStatus',
  group: 'trails',
  summary: 'Tells whether a trail delivers, and what went wrong last.',
  effect: 'read',
  grants: [{ action: 'actiontrail:GetTrailStatus', resource: trail }],
  request: z.object({
    Name: trailName,
    IsOrganizationTrail: boolean.optional().describe('without effect: there are none'),
  }),
  response: z.object({
    IsLogging: z.boolean(),
    StartLoggingTime: dateText,
    StopLoggingTime: dateText,
    LatestDeliveryTime: dateText,
    LatestDeliveryError: z.string(),
    /** There is no log service. */
    LatestDeliveryLogServiceTime: dateText,
    LatestDeliveryLogServiceError: z.string(),
    /** Whether the bucket took what was last brought to it. */
    OssBucketStatus: z.boolean(),
    /** Absent: no trail has a log store. */
    SlsLogStoreStatus: z.boolean().optional(),
  }),
  errors: ['InvalidParameter', ...namedErrors],
  trail: { request: ['Name', 'IsOrganizationTrail'], response: [] },
});

export const StartLogging = operation({
  action: 'StartLogging',
  group: 'trails',
  summary: 'Starts a trail: it delivers what happens from then on.',
  effect: 'write',
  grants: [{ action: 'actiontrail:StartLogging', resource: trail }],
  request: z.object({ Name: trailName }),
  response: z.object({}),
  errors: namedErrors,
  trail: { request: ['Name'], response: [] },
});

export const StopLogging = operation({
  action: 'StopLogging',
  group: 'trails',
  summary: 'Stops a trail; the server goes on recording for itself.',
  effect: 'write',
  grants: [{ action: 'actiontrail:StopLogging', resource: trail }],
  request: z.object({ Name: trailName }),
  response: z.object({}),
  errors: namedErrors,
  trail: { request: ['Name'], response: [] },
});

export const DeleteTrail = operation({
  action: 'DeleteTrail',
  group: 'trails',
  summary: 'Deletes a trail and leaves what it delivered.',
  effect: 'write',
  grants: [{ action: 'actiontrail:DeleteTrail', resource: trail }],
  request: z.object({ Name: trailName }),
  response: z.object({}),
  errors: namedErrors,
  trail: { request: ['Name'], response: [] },
});
