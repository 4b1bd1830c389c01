import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type * as z from 'zod';
import { readParameters, writeParameters } from '../parameters.ts';
import { LookupEvents } from './lookup.ts';
import { CreateTrail, UpdateTrail } from './trails.ts';

type Wire = Readonly<Record<string, string>>;
const read = <S extends z.ZodObject>({ request }: { readonly request: S }, wire: Wire) =>
  readParameters(request, new Map(Object.entries(wire)));
const refuses = (operation: { readonly request: z.ZodObject }, wire: Wire, code: string) =>
  assert.throws(() => read(operation, wire), { name: 'ApiError', code }, JSON.stringify(wire));

const wireDate = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z');
const dates = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-01-01'), noInvalidDate: true });

test('a range is taken where its times are in order, and only then', () => {
  fc.assert(
    fc.property(dates, dates, (a, b) => {
      const wire = { StartTime: wireDate(a), EndTime: wireDate(b) };
      if (Date.parse(wire.EndTime) > Date.parse(wire.StartTime)) {
        assert.deepEqual(read(LookupEvents, wire), wire);
      } else refuses(LookupEvents, wire, 'InvalidParameterCombination');
    }),
  );
});

test('times: both or neither, and of days that exist', () => {
  const StartTime = '2026-02-28T00:00:00Z';
  const EndTime = '2026-03-01T00:00:00Z';
  refuses(LookupEvents, { StartTime }, 'InvalidParameterCombination');
  refuses(LookupEvents, { EndTime }, 'InvalidParameterCombination');
  for (const wrong of [
    '2026-02-30T00:00:00Z',
    '2026-02-28',
    '2026-02-28T00:00:00+08:00',
    'now',
    '2026-02-28T24:00:00Z',
  ]) {
    refuses(LookupEvents, { StartTime: wrong, EndTime }, 'InvalidParameterStartTime');
    refuses(LookupEvents, { StartTime, EndTime: wrong }, 'InvalidParameterEndTime');
  }
});

test('filters come flattened, and go back so', () => {
  const wire = {
    'LookupAttribute.1.Key': 'EventName',
    'LookupAttribute.1.Value': 'Encrypt',
    'LookupAttribute.2.Key': 'EventRW',
    'LookupAttribute.2.Value': 'Read',
    Direction: 'FORWARD',
    MaxResults: '50',
  };
  const values = read(LookupEvents, wire);
  assert.equal(values.MaxResults, 50);
  assert.deepEqual(Object.fromEntries(writeParameters(LookupEvents.request, values)), wire);
  const third = { 'LookupAttribute.3.Key': 'User', 'LookupAttribute.3.Value': 'u' };
  assert.equal(read(LookupEvents, { ...wire, ...third }).LookupAttribute?.length, 3);
});

test('a wrong filter, direction or number is an InvalidQueryParameter', () => {
  const wrong: readonly Wire[] = [
    { 'LookupAttribute.1.Key': 'eventName', 'LookupAttribute.1.Value': 'x' },
    { Direction: 'forward' },
    { MaxResults: '0' },
    { MaxResults: '51' },
  ];
  for (const wire of wrong) refuses(LookupEvents, wire, 'InvalidQueryParameter');
  refuses(LookupEvents, { 'LookupAttribute.1.Key': 'User' }, 'MissingParameter');
});

test('a trail has a name, a bucket, and no target that is not there', () => {
  const trail = { Name: 'audit-1', OssBucketName: 'audit' };
  assert.deepEqual(read(CreateTrail, trail), trail);
  for (const Name of ['audit', 'Audit-1', '1audit', '-audit', 'a'.repeat(37), 'audit.1', '']) {
    refuses(CreateTrail, { ...trail, Name }, 'InvalidTrailNameException');
  }
  const refused: readonly (readonly [Wire, string])[] = [
    [{ OssBucketName: 'AB' }, 'InvalidQueryParameter'],
    [{ OssBucketName: '-bucket' }, 'InvalidQueryParameter'],
    [{ OssKeyPrefix: 'short' }, 'InvalidPrefixException'],
    [{ OssKeyPrefix: '/prefix' }, 'InvalidPrefixException'],
    [{ OssWriteRoleArn: 'acs:ram::1:user/a' }, 'InvalidQueryParameter'],
    [{ EventRW: 'all' }, 'InvalidQueryParameter'],
    [{ SlsProjectArn: 'acs:log:r:1:project/p' }, 'SlsProjectDoesNotExistException'],
    [{ MaxComputeProjectArn: 'acs:odps:r:1:project/p' }, 'UnsupportedOperation'],
  ];
  for (const operation of [CreateTrail, UpdateTrail]) {
    for (const [wire, code] of refused) refuses(operation, { ...trail, ...wire }, code);
  }
  refuses(CreateTrail, { ...trail, IsOrganizationTrail: 'true' }, 'NotAllowCreateOrganizationTrail');
  refuses(CreateTrail, { Name: trail.Name }, 'InvalidDeliveryConfigurationException');
  read(UpdateTrail, { Name: trail.Name });
});
