import * as z from 'zod';
import type { ErrorCode } from '../errors.ts';
import { operation } from '../operation.ts';
import { codedChoice, codedInteger, dateText, failsWith, repeatList, text } from '../values.ts';

/** What events can be filtered by (ActionTrail 6). */
export const LOOKUP_KEYS = [
  'ServiceName',
  'EventName',
  'User',
  'EventId',
  'ResourceType',
  'ResourceName',
  'EventRW',
  'EventAccessKeyId',
  'SensitiveAction',
  'SourceIpAddress',
  'EventType',
  'RoleName',
  'PrincipalId',
] as const;

/** More than the two that count: the vendor ignores the others rather than refuse them. */
const MAX_ATTRIBUTES = 20;

const moment = (code: ErrorCode, description: string) =>
  z.string().refine(isMoment, failsWith(code)).optional().describe(description);

/** `yyyy-MM-ddTHH:mm:ssZ` of a day that exists. */
function isMoment(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return false;
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString() === text.replace('Z', '.000Z');
}

interface Range {
  readonly StartTime?: string | undefined;
  readonly EndTime?: string | undefined;
}

/** Both or neither, and in order: texts of this form sort like the times they stand for. */
const isRange = ({ StartTime, EndTime }: Range): boolean =>
  StartTime === undefined || EndTime === undefined ? StartTime === EndTime : EndTime > StartTime;

export const LookupEvents = operation({
  action: 'LookupEvents',
  group: 'events',
  summary: 'Searches the events of the last 90 days.',
  effect: 'read',
  grants: [{ action: 'actiontrail:LookupEvents', resource: { kind: 'service' } }],
  request: z
    .object({
      StartTime: moment('InvalidParameterStartTime', 'yyyy-MM-ddTHH:mm:ssZ; default 7 days ago'),
      EndTime: moment('InvalidParameterEndTime', 'yyyy-MM-ddTHH:mm:ssZ; default now'),
      LookupAttribute: repeatList(
        z.object({ Key: codedChoice('InvalidQueryParameter', LOOKUP_KEYS), Value: text(1024) }),
        MAX_ATTRIBUTES,
      )
        .optional()
        .describe('Key and Value, equal to the letter; the first two count'),
      Direction: codedChoice('InvalidQueryParameter', ['BACKWARD', 'FORWARD'])
        .optional()
        .describe('BACKWARD (default): newest first; FORWARD: oldest first'),
      MaxResults: codedInteger('InvalidQueryParameter', 1, 50).optional().describe('1 to 50, default 20'),
      NextToken: text(4096).optional().describe('as the previous page gave it; everything else as before'),
    })
    .refine(isRange, { ...failsWith('InvalidParameterCombination'), path: ['EndTime'] }),
  response: z.object({
    StartTime: dateText,
    EndTime: dateText,
    /** Event records; their members are those of ActionTrail 2. */
    Events: z.array(z.record(z.string(), z.unknown())),
    /** `""` on the last page. */
    NextToken: z.string(),
  }),
  errors: [
    'InvalidParameter',
    'InvalidParameterStartTime',
    'InvalidParameterEndTime',
    'InvalidParameterCombination',
    'InvalidQueryParameter',
    'Throttling.User',
  ],
  trail: {
    request: ['StartTime', 'EndTime', 'LookupAttribute', 'Direction', 'MaxResults', 'NextToken'],
    response: [],
  },
});
