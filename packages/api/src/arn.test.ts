import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityArn, parseRoleArn, ramResourceArn, SYSTEM_ACCOUNT, sessionArn, trailArn } from './arn.ts';

test('RAM: no region in answers, any region in permissions', () => {
  assert.equal(identityArn('1', 'user', 'alice'), 'acs:ram::1:user/alice');
  assert.equal(sessionArn('1', 'ECSAdmin', 'me'), 'acs:ram::1:role/ECSAdmin/me');
  assert.equal(ramResourceArn('1', 'group', '*'), 'acs:ram:*:1:group/*');
  assert.equal(
    ramResourceArn(SYSTEM_ACCOUNT, 'policy', 'AliyunKMSFullAccess'),
    'acs:ram:*:system:policy/AliyunKMSFullAccess',
  );
  assert.equal(trailArn('cn-hangzhou', '1', 'audit-1'), 'acs:actiontrail:cn-hangzhou:1:trail/audit-1');
});

test('a role ARN is read back, and nothing else is one', () => {
  assert.deepEqual(parseRoleArn(identityArn('12', 'role', 'a.B-9')), { account: '12', roleName: 'a.B-9' });
  for (const text of [
    sessionArn('1', 'r', 's'),
    identityArn('1', 'user', 'r'),
    ramResourceArn('1', 'role', 'r'),
    'acs:ram::x:role/r',
    'acs:ram::1:role/r\n',
    ` ${identityArn('1', 'role', 'r')}`,
    `acs:ram::1:role/${'r'.repeat(65)}`,
  ]) {
    assert.equal(parseRoleArn(text), undefined, text);
  }
});
