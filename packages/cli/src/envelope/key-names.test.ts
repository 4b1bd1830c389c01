import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseKeyName } from './key-names.ts';

const ARN = 'acs:kms:cn-shanghai:1000000000000001:key/4a-b';

test('a key by id, alias or ARN, with the profile and the region it is in', () => {
  const nothing = { profile: undefined, region: undefined, arn: undefined };
  const cases: [string, object][] = [
    ['alias/Apollo/WorkKey', { ...nothing, key: 'alias/Apollo/WorkKey' }],
    ['bb73b1e4-6806-4981', { ...nothing, key: 'bb73b1e4-6806-4981' }],
    [ARN, { ...nothing, region: 'cn-shanghai', key: '4a-b', arn: ARN }],
    [`prod@${ARN}`, { profile: 'prod', region: 'cn-shanghai', key: '4a-b', arn: ARN }],
    ['acs:kms:cn-shanghai:1:alias/a', { ...nothing, region: 'cn-shanghai', key: 'alias/a' }],
    ['cn-shanghai:alias/a/b', { ...nothing, region: 'cn-shanghai', key: 'alias/a/b' }],
    ['prod.x@us-east-1:alias/a', { ...nothing, profile: 'prod.x', region: 'us-east-1', key: 'alias/a' }],
  ];
  for (const [text, name] of cases) assert.deepEqual(parseKeyName(text), name, text);
});

test('anything else is refused', () => {
  for (const text of [
    '',
    'a b',
    'x:y',
    `cn-hangzhou:${ARN}`,
    '@alias/a',
    'acs:kms:cn-shanghai:x:key/1',
    'a@b@c',
  ]) {
    assert.throws(() => parseKeyName(text), /names no key/, text);
  }
});
