import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findOperation } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { readParameters } from '../parameters.ts';

type Wire = Readonly<Record<string, string>>;

/** The code and parameter of the refusal, or "ok". */
function outcome(action: string, wire: Wire): string {
  try {
    readParameters(findOperation('2016-01-20', action).request, new Map(Object.entries(wire)));
    return 'ok';
  } catch (error) {
    assert.ok(error instanceof ApiError);
    return [error.code, /"([^"]*)"/.exec(error.message)?.[1]].filter(Boolean).join(' ');
  }
}

const check = (action: string, rest: Wire, name: string, values: readonly string[], expected: string) => {
  for (const value of values) {
    const shown = value.length > 60 ? `${value.slice(0, 60)}...` : value;
    assert.equal(outcome(action, { ...rest, [name]: value }), expected, `${action} ${name}=${shown}`);
  }
};

const key = { KeyId: 'k' };

test('numbers', () => {
  const days = 'PendingWindowInDays';
  check('ScheduleKeyDeletion', key, days, ['7', '30', '366', '', '007'], 'ok');
  check(
    'ScheduleKeyDeletion',
    key,
    days,
    ['6', '367', '-7', '7.5', '1e1', ' 7', 'x'],
    `InvalidParameter ${days}`,
  );
  check('ListKeys', {}, 'PageSize', ['1', '100'], 'ok');
  check('ListKeys', {}, 'PageSize', ['0', '101'], 'InvalidParameter PageSize');
  check('ListKeys', {}, 'PageNumber', ['0', '99999999999999999999'], 'InvalidParameter PageNumber');
});

test('rotation', () => {
  const rotating = { EnableAutomaticRotation: 'true' };
  const name = 'RotationInterval';
  check('CreateKey', rotating, name, ['7d', '730d', '168h', '10080m', '604800s', '63072000s'], 'ok');
  const wrong = ['6d', '731d', '604799s', '63072001s', '7', 'd', '7D', '7 d', '-7d', '1.5d', '9999999999d'];
  check('CreateKey', rotating, name, wrong, `InvalidParameter ${name}`);
  check('CreateKey', rotating, name, [''], `MissingParameter ${name}`);
  check('CreateKey', {}, 'EnableAutomaticRotation', ['false', 'FALSE'], 'ok');
});

test('alias names', () => {
  const right = ['alias/a', 'alias/Apollo/WorkKey', `alias/${'a'.repeat(255)}`, 'alias/ACS', 'alias/-_/'];
  check('CreateAlias', key, 'AliasName', right, 'ok');
  const wrong = ['a', 'alias/', 'Alias/a', 'alias/acs', 'alias/acs/x', 'alias/a b', 'alias/ä', 'alias/a\n'];
  check(
    'CreateAlias',
    key,
    'AliasName',
    [...wrong, `alias/${'a'.repeat(256)}`],
    'InvalidParameter AliasName',
  );
});

const tags = (pairs: readonly (readonly [string, string])[]) =>
  JSON.stringify(pairs.map(([TagKey, TagValue]) => ({ TagKey, TagValue })));
const wrongTagKeys = ['', 'a b', 'ä', 'a'.repeat(129), 'aliyun', 'AliYun.x', 'acs:x', 'ACS:x'];
const rightTagKeys = ['a', 'a'.repeat(128), '/\\_-.+=:@', 'acs', 'my-aliyun', 'constructor'];

test('tags of one key', () => {
  check(
    'TagResource',
    key,
    'Tags',
    rightTagKeys.map((name) => tags([[name, '']])),
    'ok',
  );
  check(
    'TagResource',
    key,
    'Tags',
    wrongTagKeys.map((name) => tags([[name, '']])),
    'InvalidParameter Tags',
  );
  const numbered = (count: number) => tags(Array.from({ length: count }, (_, n) => [`k${n}`, 'v'] as const));
  check('TagResource', key, 'Tags', [numbered(20)], 'ok');
  const wrong = [numbered(0), numbered(21), tags([['a', 'b c']]), tags([['a', 'v'.repeat(129)]])];
  const twice = tags([
    ['a', '1'],
    ['a', '2'],
  ]);
  check('TagResource', key, 'Tags', [...wrong, twice, '{}', '[{"TagKey":"a"}]'], 'InvalidParameter Tags');
  check('CreateKey', {}, 'Tags', [twice], 'InvalidParameter Tags');
  check('UntagResource', key, 'TagKeys', ['["a"]'], 'ok');
  check('UntagResource', key, 'TagKeys', ['[]', '[""]', '["acs:a"]', '[1]'], 'InvalidParameter TagKeys');
});

test('tags of several keys have codes of their own', () => {
  const one = { ResourceType: 'key', 'ResourceId.1': 'k' };
  check('TagResources', one, 'Tag.1.Key', rightTagKeys, 'ok');
  check('TagResources', one, 'Tag.1.Key', wrongTagKeys, 'InvalidParameter.TagKey Tag.1.Key');
  const tagged = { ...one, 'Tag.1.Key': 'a' };
  const value = 'Tag.1.Value';
  check('TagResources', tagged, value, ['', 'v'.repeat(128)], 'ok');
  check('TagResources', tagged, value, ['v'.repeat(129), 'ä'], `InvalidParameter.TagValue ${value}`);
  check('TagResources', tagged, 'Tag.2.Key', ['a'], 'Duplicate.TagKey a');
  check('TagResources', tagged, 'Tag.2.Value', ['v'], 'MissingParameter Tag.2.Key');
  check('TagResources', tagged, 'ResourceType', ['secret'], 'UnsupportedOperation');
  check('TagResources', tagged, 'ResourceType', ['Key'], 'InvalidParameter ResourceType');
  check('UntagResources', one, 'All', ['true'], 'ok');
  check('UntagResources', one, 'All', ['false', ''], 'MissingParameter TagKey');
  check('UntagResources', one, 'TagKey.1', ['acs:a'], 'InvalidParameter.TagKey TagKey.1');
  check('ListTagResources', one, 'Tag.1.Key', ['acs:a', 'x'], 'ok');
  check('ListTagResources', one, 'Tag.1.Value', ['x'], 'MissingParameter Tag.1.Key');
});

test('what names the key, and what is not offered', () => {
  const tagged = { Tags: tags([['a', 'b']]) };
  assert.equal(outcome('TagResource', tagged), 'MissingParameter KeyId');
  for (const name of ['SecretName', 'CertificateId']) {
    check('TagResource', tagged, name, ['x'], 'UnsupportedOperation');
    check('TagResource', { ...tagged, ...key }, name, ['x'], 'UnsupportedOperation');
  }
  check('CreateKey', {}, 'DKMSInstanceId', ['kst-x'], 'Forbidden.DKMSInstanceNotFound');
  check('CreateKey', {}, 'Policy', ['{}'], 'UnsupportedOperation');

  const arn = 'ProtectedResourceArn';
  const on = { EnableDeletionProtection: 'true' };
  assert.equal(outcome('SetDeletionProtection', on), `MissingParameter ${arn}`);
  check('SetDeletionProtection', on, 'KeyId', ['k'], 'ok');
  check('SetDeletionProtection', on, arn, ['acs:kms:cn-hangzhou:123:key/k'], 'ok');
  check('SetDeletionProtection', on, arn, ['k', 'acs:kms:r:1:alias/a'], `InvalidParameter ${arn}`);
  check('SetDeletionProtection', { ...on, ...key }, arn, ['acs:kms:r:1:key/k'], 'InvalidParameter KeyId');
});

test('filters', () => {
  const right = ['[]', '[{"Key":"KeyState","Values":[]}]', '[{"Key":"keyId","Values":["k"]}]'];
  check('ListKeys', {}, 'Filters', right, 'ok');
  const eleven = JSON.stringify(Array.from({ length: 11 }, () => ({ Key: 'KeyId', Values: ['k'] })));
  const many = JSON.stringify([{ Key: 'KeyId', Values: Array.from({ length: 11 }, () => 'k') }]);
  const wrong = [eleven, many, '[{"Key":"Other","Values":[]}]', '[{"Key":"KeyId"}]', '{}', '[1]'];
  check('ListKeys', {}, 'Filters', wrong, 'InvalidParameter Filters');
});
