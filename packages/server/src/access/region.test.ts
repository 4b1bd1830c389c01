import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pickRegion } from './region.ts';

const SERVED = ['cn-hangzhou', 'eu-central-1'];

test('RegionId, else the host name, else the first', () => {
  const cases: readonly [string | undefined, string | string[] | undefined, string][] = [
    ['eu-central-1', undefined, 'eu-central-1'],
    ['eu-central-1', 'kms.cn-hangzhou.example.com', 'eu-central-1'],
    [undefined, 'kms.eu-central-1.example.com', 'eu-central-1'],
    [undefined, 'KMS.EU-Central-1.Example.com:8300', 'eu-central-1'],
    [undefined, 'eu-central-1:8300', 'eu-central-1'],
    [undefined, 'kms-eu-central-1.example.com', 'cn-hangzhou'],
    [undefined, 'eu-central-1.cn-hangzhou.example.com', 'eu-central-1'],
    ['us-east-1', 'kms.eu-central-1.example.com', 'eu-central-1'],
    ['us-east-1', 'localhost:8300', 'cn-hangzhou'],
    ['', undefined, 'cn-hangzhou'],
    ['EU-CENTRAL-1', undefined, 'cn-hangzhou'],
    [undefined, ['eu-central-1', 'eu-central-1'], 'cn-hangzhou'],
    [undefined, '[::1]:8300', 'cn-hangzhou'],
    [undefined, undefined, 'cn-hangzhou'],
  ];
  for (const [regionId, host, region] of cases) {
    assert.equal(pickRegion(SERVED, regionId, host), region, `${regionId} ${host}`);
  }
});

test('one served region is the region of every request', () => {
  for (const host of ['kms.eu-central-1.example.com', undefined]) {
    assert.equal(pickRegion(['cn-hangzhou'], 'eu-central-1', host), 'cn-hangzhou');
  }
  assert.throws(() => pickRegion([], undefined, undefined));
});
