import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StartError } from '../start-error.ts';
import { findBucket, parseBuckets } from './buckets.ts';

const parse = (text: string) => parseBuckets('KEYHOLD_TRAIL_BUCKETS', text);
const place = (address: string) => parse(`audit=${address}`)[0]?.place;

test('a bucket name stands for a directory or a bucket of S3', () => {
  assert.deepEqual(place('file:///srv/audit%20files'), { kind: 'directory', path: '/srv/audit files' });
  const plain = {
    kind: 's3',
    bucket: 'my.bucket',
    endpoint: undefined,
    region: 'us-east-1',
    profile: undefined,
  };
  assert.deepEqual(place('s3://my.bucket'), { ...plain, style: 'host' });
  assert.deepEqual(place('s3://my.bucket?endpoint=http://127.0.0.1:9000&profile=audit'), {
    ...plain,
    endpoint: 'http://127.0.0.1:9000',
    style: 'path',
    profile: 'audit',
  });
  assert.deepEqual(place('s3://my.bucket?endpoint=https://oss.example.com&style=host&region=cn-hangzhou'), {
    ...plain,
    endpoint: 'https://oss.example.com',
    style: 'host',
    region: 'cn-hangzhou',
  });
});

test('whose trails may use it', () => {
  const [mine, yours] = ['1000000000000001', '2000000000000002'];
  const buckets = parse(`${mine}/one=file:/mine, ${yours}/one=file:/yours, all=file:/all`);
  const found = (accountId: string, name: string) => findBucket(buckets, accountId, name)?.place;
  assert.deepEqual(found(mine, 'one'), { kind: 'directory', path: '/mine' });
  assert.deepEqual(found(yours, 'one'), { kind: 'directory', path: '/yours' });
  assert.deepEqual(found(yours, 'all'), found(mine, 'all'));
  assert.equal(found('3000000000000003', 'one'), undefined);
  assert.equal(found(mine, 'other'), undefined);
});

test('what is wrong is refused, and never quoted', () => {
  const wrong = [
    'audit',
    'audit=',
    'au=file:/a-secret',
    'Audit=file:/a-secret',
    '123/audit=file:/a-secret',
    'audit=/a-secret',
    'audit=file://host/a-secret',
    'audit=file:/a?a-secret',
    'audit=https://a-secret',
    'audit=s3://id:a-secret@bucket',
    'audit=s3://bucket/a-secret',
    'audit=s3:///a-secret',
    'audit=s3://bucket?secret=a-secret',
    'audit=s3://bucket?endpoint=https://id:a-secret@host',
    'audit=s3://bucket?endpoint=a-secret',
    'audit=s3://bucket?style=a-secret',
    'audit=file:/a-secret,audit=file:/a-secret',
    'audit=file:/a-secret,1000000000000001/audit=file:/a-secret',
  ];
  for (const text of wrong) {
    const clear = (error: unknown) =>
      error instanceof StartError &&
      error.message.startsWith('KEYHOLD_TRAIL_BUCKETS') &&
      !error.message.includes('a-secret');
    assert.throws(() => parse(text), clear, text);
  }
});
