import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate } from './evaluate.ts';
import { parsePolicy } from './parse.ts';
import type { ConditionKey } from './policy.ts';
import { SYSTEM_POLICIES } from './system-policies.ts';

test('every system policy is an identity policy of its own name', () => {
  for (const { document, versionId } of SYSTEM_POLICIES) {
    parsePolicy(document, 'identity');
    assert.match(versionId, /^v\d+$/);
  }
  assert.equal(new Set(SYSTEM_POLICIES.map(({ name }) => name)).size, 12);
});

const key = 'acs:kms:cn-hangzhou:1111:key/1';
const keys = 'acs:kms:cn-hangzhou:1111:key';
const alias = 'acs:kms:cn-hangzhou:1111:alias/a';
const secret = 'acs:kms:cn-hangzhou:1111:secret/a';
const user = 'acs:ram:*:1111:user/a';

const GRANTS: readonly (readonly [string, string, string, boolean])[] = [
  ['AdministratorAccess', 'ram:CreateUser', user, true],
  ['AliyunRAMFullAccess', 'ram:CreateUser', user, true],
  ['AliyunRAMFullAccess', 'kms:Encrypt', key, false],
  ['AliyunRAMReadOnlyAccess', 'ram:GetUser', user, true],
  ['AliyunRAMReadOnlyAccess', 'ram:CreateUser', user, false],
  ['AliyunSTSAssumeRoleAccess', 'sts:AssumeRole', 'acs:ram:*:1111:role/a', true],
  ['AliyunKMSFullAccess', 'kms:SetKeyPolicy', key, true],
  ['AliyunKMSFullAccess', 'ram:CreateServiceLinkedRole', '*', false],
  ['AliyunKMSReadOnlyAccess', 'kms:ListKeys', keys, true],
  ['AliyunKMSReadOnlyAccess', 'kms:GetKeyPolicy', key, true],
  ['AliyunKMSReadOnlyAccess', 'kms:Encrypt', key, false],
  ['AliyunKMSReadOnlyAccess', 'kms:GetSecretValue', secret, false],
  ['AliyunKMSCryptoUserAccess', 'kms:AsymmetricVerify', key, true],
  ['AliyunKMSCryptoUserAccess', 'kms:GenerateMac', key, true],
  ['AliyunKMSCryptoUserAccess', 'kms:ReEncryptFrom', key, false],
  ['AliyunKMSCryptoUserAccess', 'kms:DescribeKey', key, false],
  ['AliyunKMSCryptoAdminAccess', 'kms:CreateKey', keys, true],
  ['AliyunKMSCryptoAdminAccess', 'kms:CreateAlias', alias, true],
  ['AliyunKMSCryptoAdminAccess', 'kms:GetSecretValue', secret, false],
  ['AliyunKMSSecretUserAccess', 'kms:GetSecretValue', secret, true],
  ['AliyunKMSSecretUserAccess', 'kms:PutSecretValue', secret, false],
  ['AliyunKMSSecretAdminAccess', 'kms:PutSecretValue', secret, true],
  ['AliyunKMSSecretAdminAccess', 'kms:GetRandomPassword', '*', true],
  ['AliyunKMSSecretAdminAccess', 'kms:Encrypt', key, false],
  ['AliyunActionTrailFullAccess', 'actiontrail:LookupEvents', '*', true],
  ['AliyunActionTrailReadOnlyAccess', 'actiontrail:LookupEvents', '*', true],
  ['AliyunActionTrailReadOnlyAccess', 'actiontrail:DeleteTrail', '*', false],
];

function decision(
  name: string,
  action: string,
  resource: string,
  context: (key: ConditionKey) => string | undefined,
) {
  const found = SYSTEM_POLICIES.find((policy) => policy.name === name);
  assert.ok(found, name);
  return evaluate([{ name, policy: parsePolicy(found.document, 'identity') }], {
    action,
    resource,
    principal: { type: 'ram-user', accountId: '1111', userName: 'a' },
    context,
  }).decision;
}

for (const [name, action, resource, granted] of GRANTS) {
  test(`${name} ${granted ? 'grants' : 'does not grant'} ${action} on ${resource}`, () => {
    assert.equal(
      decision(name, action, resource, () => undefined),
      granted ? 'Allow' : 'ImplicitDeny',
    );
  });
}

test('service-linked roles are granted for the named services', () => {
  const of = (service: string) => (asked: ConditionKey) =>
    asked.name === 'ram:servicename' ? service : undefined;
  const granted = (service: string) =>
    decision('AliyunKMSFullAccess', 'ram:CreateServiceLinkedRole', '*', of(service));
  assert.equal(granted('keystore.kms.aliyuncs.com'), 'Allow');
  assert.equal(granted('ecs.aliyuncs.com'), 'ImplicitDeny');
});
