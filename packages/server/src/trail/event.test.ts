import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTIONTRAIL } from '@keyhold/api/actiontrail/product.ts';
import { PRODUCTS } from '@keyhold/api/contract.ts';
import { KMS } from '@keyhold/api/kms/product.ts';
import { RAM } from '@keyhold/api/ram/product.ts';
import { STS } from '@keyhold/api/sts/product.ts';
import type { Entry } from './entry.ts';
import { eventIdOf, eventOf, eventRwOf, eventTypeOf, isSensitive } from './event.ts';
import { sampleEntry } from './test-kit/samples.ts';

const ACCOUNT = '1111222233334444';
const KEY = '7c1d3f0a-52b4-4b0e-a5de-0f1e2d3c4b5a';
const ARN = `acs:kms:cn-hangzhou:${ACCOUNT}:key/${KEY}`;
const SDK = 'AlibabaCloud (linux; x64) Node.js/v22 Core/1.0.1';

const entry = (time: string, changes: Partial<Entry>): Entry => {
  const { replay: _, response: __, ...rest } = sampleEntry(0);
  return { ...rest, time: Date.parse(time) + 999, userAgent: SDK, reasons: [], ...changes };
};

/** The examples of ActionTrail 5.1 to 5.4. */
const EXAMPLES: readonly (readonly [
  name: string,
  entry: Entry,
  expected: Readonly<Record<string, unknown>>,
])[] = [
  [
    'Encrypt by a user',
    entry('2026-03-04T08:15:30Z', {
      action: 'Encrypt',
      requestId: '0B2D7C61-3F9A-4E0E-8A75-91C4D6E0A101',
      sourceIp: '203.0.113.25',
      caller: {
        accountId: ACCOUNT,
        type: 'ram-user',
        principalId: '200011112222333344',
        accessKeyId: 'LTAIexampleBilling000001',
        userName: 'billing-app',
      },
      parameters: { KeyId: 'alias/billing', EncryptionContext: { tenant: '42' } },
      response: { KeyId: KEY },
      resources: [ARN],
    }),
    {
      eventVersion: 1,
      eventCategory: 'Management',
      eventType: 'ApiCall',
      eventRW: 'Read',
      eventTime: '2026-03-04T08:15:30Z',
      eventName: 'Encrypt',
      eventSource: 'kms.cn-hangzhou.aliyuncs.com',
      serviceName: 'Kms',
      apiVersion: '2016-01-20',
      acsRegion: 'cn-hangzhou',
      isGlobal: false,
      requestId: '0B2D7C61-3F9A-4E0E-8A75-91C4D6E0A101',
      recipientAccountId: ACCOUNT,
      sourceIpAddress: '203.0.113.25',
      userAgent: SDK,
      userIdentity: {
        type: 'ram-user',
        principalId: '200011112222333344',
        accountId: ACCOUNT,
        userName: 'billing-app',
        accessKeyId: 'LTAIexampleBilling000001',
      },
      requestParameters: {
        KeyId: 'alias/billing',
        EncryptionContext: '{"tenant":"42"}',
        RegionId: 'cn-hangzhou',
      },
      requestParameterJson:
        '{"KeyId":"alias/billing","EncryptionContext":"{\\"tenant\\":\\"42\\"}","RegionId":"cn-hangzhou"}',
      responseElements: { KeyId: KEY, RequestId: '0B2D7C61-3F9A-4E0E-8A75-91C4D6E0A101' },
      resourceType: 'ACS::KMS::Key',
      resourceName: KEY,
      referencedResources: { 'ACS::KMS::Key': [KEY] },
    },
  ],
  [
    'Decrypt, denied',
    entry('2026-03-04T08:16:02Z', {
      action: 'Decrypt',
      requestId: '51C9E3D4-6B0F-4A83-9F21-7E55B1D0A202',
      sourceIp: '198.51.100.7',
      userAgent: 'aliyun-cli/3.0.250',
      caller: {
        accountId: ACCOUNT,
        type: 'ram-user',
        principalId: '200055556666777788',
        accessKeyId: 'LTAIexampleReport0000002',
        userName: 'report-reader',
      },
      parameters: { EncryptionContext: { tenant: '42' } },
      errorCode: 'Forbidden.NoPermission',
      errorMessage: `This operation for ${ARN} is forbidden by permission system.`,
      resources: [ARN],
    }),
    {
      eventVersion: 1,
      eventCategory: 'Management',
      eventType: 'ApiCall',
      eventRW: 'Read',
      eventTime: '2026-03-04T08:16:02Z',
      eventName: 'Decrypt',
      eventSource: 'kms.cn-hangzhou.aliyuncs.com',
      serviceName: 'Kms',
      apiVersion: '2016-01-20',
      acsRegion: 'cn-hangzhou',
      isGlobal: false,
      requestId: '51C9E3D4-6B0F-4A83-9F21-7E55B1D0A202',
      recipientAccountId: ACCOUNT,
      sourceIpAddress: '198.51.100.7',
      userAgent: 'aliyun-cli/3.0.250',
      userIdentity: {
        type: 'ram-user',
        principalId: '200055556666777788',
        accountId: ACCOUNT,
        userName: 'report-reader',
        accessKeyId: 'LTAIexampleReport0000002',
      },
      errorCode: 'Forbidden.NoPermission',
      errorMessage: `This operation for acs:kms:cn-hangzhou:${ACCOUNT}:key/${KEY} is forbidden by permission system.`,
      requestParameters: { EncryptionContext: '{"tenant":"42"}', RegionId: 'cn-hangzhou' },
      requestParameterJson: '{"EncryptionContext":"{\\"tenant\\":\\"42\\"}","RegionId":"cn-hangzhou"}',
      resourceType: 'ACS::KMS::Key',
      resourceName: KEY,
      referencedResources: { 'ACS::KMS::Key': [KEY] },
    },
  ],
  [
    'CreateKey by the account',
    entry('2026-03-04T08:20:11Z', {
      action: 'CreateKey',
      requestId: 'C4E8107B-92D6-4B57-A6F4-58D2A9B0A303',
      sourceIp: '203.0.113.8',
      caller: {
        accountId: ACCOUNT,
        type: 'root-account',
        principalId: ACCOUNT,
        accessKeyId: 'LTAIexampleRoot000000003',
      },
      parameters: { Description: 'orders database', KeyUsage: 'ENCRYPT/DECRYPT', Origin: 'Aliyun_KMS' },
      response: {
        KeyMetadata: {
          KeyId: '08f2c6d4-91ab-4c55-8d0e-aa12bb34cc56',
          Arn: `acs:kms:cn-hangzhou:${ACCOUNT}:key/08f2c6d4-91ab-4c55-8d0e-aa12bb34cc56`,
          KeyState: 'Enabled',
        },
      },
      resources: [`acs:kms:cn-hangzhou:${ACCOUNT}:key`],
    }),
    {
      eventVersion: 1,
      eventCategory: 'Management',
      eventType: 'ApiCall',
      eventRW: 'Write',
      eventTime: '2026-03-04T08:20:11Z',
      eventName: 'CreateKey',
      eventSource: 'kms.cn-hangzhou.aliyuncs.com',
      serviceName: 'Kms',
      apiVersion: '2016-01-20',
      acsRegion: 'cn-hangzhou',
      isGlobal: false,
      requestId: 'C4E8107B-92D6-4B57-A6F4-58D2A9B0A303',
      recipientAccountId: ACCOUNT,
      sourceIpAddress: '203.0.113.8',
      userAgent: SDK,
      userIdentity: {
        type: 'root-account',
        principalId: ACCOUNT,
        accountId: ACCOUNT,
        userName: 'root',
        accessKeyId: 'LTAIexampleRoot000000003',
      },
      requestParameters: {
        Description: 'orders database',
        KeyUsage: 'ENCRYPT/DECRYPT',
        Origin: 'Aliyun_KMS',
        RegionId: 'cn-hangzhou',
      },
      requestParameterJson:
        '{"Description":"orders database","KeyUsage":"ENCRYPT/DECRYPT","Origin":"Aliyun_KMS","RegionId":"cn-hangzhou"}',
      responseElements: {
        KeyMetadata: {
          KeyId: '08f2c6d4-91ab-4c55-8d0e-aa12bb34cc56',
          Arn: `acs:kms:cn-hangzhou:${ACCOUNT}:key/08f2c6d4-91ab-4c55-8d0e-aa12bb34cc56`,
          KeyState: 'Enabled',
        },
        RequestId: 'C4E8107B-92D6-4B57-A6F4-58D2A9B0A303',
      },
      resourceType: 'ACS::KMS::Key',
      resourceName: '08f2c6d4-91ab-4c55-8d0e-aa12bb34cc56',
      referencedResources: { 'ACS::KMS::Key': ['08f2c6d4-91ab-4c55-8d0e-aa12bb34cc56'] },
    },
  ],
  [
    'GenerateDataKey in a session',
    entry('2026-03-04T08:31:45Z', {
      requestId: '9D6A2B38-E417-45F0-8B6C-1F3E70C0A404',
      sourceIp: '192.0.2.61',
      caller: {
        accountId: ACCOUNT,
        type: 'assumed-role',
        principalId: '300099998888777766:batch-7',
        accessKeyId: 'STS.exampleSession0000004',
        userName: 'BatchRole:batch-7',
        session: { startedAt: Date.parse('2026-03-04T08:30:00Z'), assumedBy: '200011112222333344' },
      },
      parameters: { KeyId: KEY, KeySpec: 'AES_256' },
      response: { KeyId: KEY },
      resources: [ARN],
    }),
    {
      eventVersion: 1,
      eventCategory: 'Management',
      eventType: 'ApiCall',
      eventRW: 'Read',
      eventTime: '2026-03-04T08:31:45Z',
      eventName: 'GenerateDataKey',
      eventSource: 'kms.cn-hangzhou.aliyuncs.com',
      serviceName: 'Kms',
      apiVersion: '2016-01-20',
      acsRegion: 'cn-hangzhou',
      isGlobal: false,
      requestId: '9D6A2B38-E417-45F0-8B6C-1F3E70C0A404',
      recipientAccountId: ACCOUNT,
      sourceIpAddress: '192.0.2.61',
      userAgent: SDK,
      userIdentity: {
        type: 'assumed-role',
        principalId: '300099998888777766:batch-7',
        accountId: ACCOUNT,
        userName: 'BatchRole:batch-7',
        accessKeyId: 'STS.exampleSession0000004',
        sessionContext: {
          attributes: { creationDate: '2026-03-04T08:30:00Z', mfaAuthenticated: 'false' },
        },
      },
      requestParameters: {
        KeyId: KEY,
        KeySpec: 'AES_256',
        RegionId: 'cn-hangzhou',
        stsTokenPrincipalName: 'BatchRole/batch-7',
        stsTokenPlayerUid: '200011112222333344',
      },
      requestParameterJson:
        `{"KeyId":"${KEY}","KeySpec":"AES_256","RegionId":"cn-hangzhou",` +
        '"stsTokenPrincipalName":"BatchRole/batch-7","stsTokenPlayerUid":"200011112222333344"}',
      responseElements: { KeyId: KEY, RequestId: '9D6A2B38-E417-45F0-8B6C-1F3E70C0A404' },
      resourceType: 'ACS::KMS::Key',
      resourceName: KEY,
      referencedResources: { 'ACS::KMS::Key': [KEY] },
    },
  ],
];

for (const [name, made, expected] of EXAMPLES) {
  test(`${name} is the event of the vendor's form`, () => {
    const { eventId, additionalEventData, ...event } = eventOf(made);
    assert.deepEqual(event, expected);
    assert.match(eventId, /^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-A[0-9A-F]{3}-[0-9A-F]{12}$/);
    assert.deepEqual(additionalEventData, { Scheme: 'https' });
    assert.deepEqual(JSON.parse(JSON.stringify(event)), event);
  });
}

test('AssumeRole names the role and the access key, and masks the secret', () => {
  const made = entry('2026-03-04T08:30:00Z', {
    version: STS.version,
    action: 'AssumeRole',
    parameters: {
      RoleArn: `acs:ram::${ACCOUNT}:role/BatchRole`,
      RoleSessionName: 'batch-7',
      DurationSeconds: 3600,
    },
    response: {
      AssumedRoleUser: { Arn: `acs:ram::${ACCOUNT}:role/BatchRole/batch-7`, AssumedRoleId: '3000:batch-7' },
      Credentials: { AccessKeyId: 'STS.example', Expiration: '2026-03-04T09:30:00Z' },
    },
    resources: [`acs:ram:*:${ACCOUNT}:role/BatchRole`],
  });
  const event = eventOf(made);
  assert.deepEqual(
    [event.eventName, event.serviceName, event.apiVersion, event.eventSource, event.eventRW],
    ['AssumeRole', 'Sts', '2015-04-01', 'sts.cn-hangzhou.aliyuncs.com', 'Write'],
  );
  assert.equal(event.requestParameters.DurationSeconds, '3600');
  assert.deepEqual(event.responseElements, {
    AssumedRoleUser: { Arn: `acs:ram::${ACCOUNT}:role/BatchRole/batch-7`, AssumedRoleId: '3000:batch-7' },
    Credentials: { AccessKeyId: 'STS.example', Expiration: '2026-03-04T09:30:00Z', AccessKeySecret: '****' },
    RequestId: '0',
  });
  assert.deepEqual(event.referencedResources, {
    'ACS::RAM::Role': ['BatchRole'],
    'ACS::RAM::AccessKey': ['STS.example'],
  });
  assert.equal(event.resourceName, 'BatchRole;STS.example');
});

test('RAM is global, and its events name no region', () => {
  const event = eventOf(
    entry('2026-03-04T08:30:00Z', {
      version: RAM.version,
      action: 'AddUserToGroup',
      parameters: { UserName: 'u', GroupName: 'g' },
      resources: [
        `acs:ram:*:${ACCOUNT}:user/u`,
        `acs:ram:*:${ACCOUNT}:group/g`,
        `acs:ram:*:${ACCOUNT}:user/u`,
      ],
    }),
  );
  assert.deepEqual(
    [event.isGlobal, event.serviceName, event.eventSource, event.eventRW],
    [true, 'Ram', 'ram.aliyuncs.com', 'Write'],
  );
  assert.deepEqual(event.requestParameters, { UserName: 'u', GroupName: 'g' });
  assert.deepEqual([event.resourceType, event.resourceName], ['ACS::RAM::User;ACS::RAM::Group', 'u;g']);
  assert.deepEqual(event.eventAttributes, { SensitiveAction: true });
});

test('what the server does by itself is an event of the service', () => {
  const event = eventOf(
    entry('2026-03-04T08:30:00Z', {
      kind: 'service',
      action: 'DestroyKey',
      caller: { accountId: ACCOUNT, type: 'service', principalId: 'keyhold', accessKeyId: '' },
      sourceIp: 'Internal',
      reasons: ['the deletion date has come'],
    }),
  );
  assert.deepEqual([event.eventType, event.eventRW], ['AliyunServiceEvent', 'Write']);
  assert.deepEqual(event.userIdentity, { type: 'system', accountId: ACCOUNT, userName: 'keyhold' });
  assert.deepEqual(event.additionalEventData, { Reasons: ['the deletion date has come'] });
  assert.equal(event.responseElements, undefined);
});

test('an intent is told as what it is: begun, and not known how it ended', () => {
  const call = entry('2026-03-04T08:30:00Z', { action: 'DisableKey' });
  const event = eventOf({ ...call, kind: 'intent' });
  assert.deepEqual(event.additionalEventData, { Scheme: 'https', Outcome: 'unknown' });
  assert.equal(event.errorCode, undefined);
  assert.equal(event.responseElements, undefined);
  assert.equal(eventTypeOf({ ...call, kind: 'intent' }), 'ApiCall');
  assert.notEqual(event.eventId, eventIdOf(call));
});

test('the id of an event is the same for ever', () => {
  // Clients tell events apart by it, over years and over versions of this server.
  const id = eventIdOf(sampleEntry(0, { requestId: '0B2D7C61-3F9A-4E0E-8A75-91C4D6E0A101' }));
  assert.equal(id, 'A3732194-D9B6-8012-A6DF-A1E8AD35CC01');
});

/** ActionTrail 1.1, of what is served. */
const READ =
  'Encrypt Decrypt ReEncrypt GenerateDataKey GenerateDataKeyWithoutPlaintext ListKeys DescribeKey ListKeyVersions ' +
  'DescribeKeyVersion ListAliases ListAliasesByKeyId ListResourceTags DescribeAccountKmsStatus';
const WRITE =
  'CreateKey UpdateKeyDescription EnableKey DisableKey ScheduleKeyDeletion CancelKeyDeletion SetDeletionProtection ' +
  'CreateAlias UpdateAlias DeleteAlias TagResource UntagResource';

test('reads and writes are those of the vendor', () => {
  const rw = (action: string, version = KMS.version) => eventRwOf(sampleEntry(0, { action, version }));
  for (const action of READ.split(' ')) assert.equal(rw(action), 'Read', action);
  for (const action of WRITE.split(' ')) assert.equal(rw(action), 'Write', action);
  assert.equal(rw('LookupEvents', ACTIONTRAIL.version), 'Read');
  assert.equal(rw('StopLogging', ACTIONTRAIL.version), 'Write');
  for (const action of RAM.operations.keys()) {
    assert.equal(
      rw(action, RAM.version),
      /^(Get|List|Decode|Simulate)/.test(action) ? 'Read' : 'Write',
      action,
    );
  }
});

test('what only reads is never sensitive', () => {
  for (const { version, operations } of PRODUCTS) {
    for (const action of operations.keys()) {
      const made = sampleEntry(0, { version, action });
      if (isSensitive(made)) assert.equal(eventRwOf(made), 'Write', action);
    }
  }
});
