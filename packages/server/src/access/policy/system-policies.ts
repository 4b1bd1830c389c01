import { foldAscii } from './fold.ts';

interface SystemPolicy {
  readonly name: string;
  /** Of the default version, the only one that is kept. */
  readonly versionId: string;
  /** The document as GetPolicy returns it. */
  readonly document: string;
}

interface AllowRow {
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

const policy = (name: string, versionId: string, ...allowed: readonly AllowRow[]): SystemPolicy => ({
  name,
  versionId,
  document: JSON.stringify(
    { Version: '1', Statement: allowed.map((row) => ({ Effect: 'Allow', ...row })) },
    undefined,
    2,
  ),
});

const onAll = (...actions: readonly string[]): AllowRow => ({ Action: actions, Resource: '*' });
const kmsOnAll = (...names: readonly string[]): AllowRow => onAll(...names.map((name) => `kms:${name}`));
const serviceRolesOf = (...services: readonly string[]): AllowRow => ({
  ...onAll('ram:CreateServiceLinkedRole'),
  Condition: { StringEquals: { 'ram:ServiceName': services } },
});

const CRYPTO = [
  ...['Encrypt', 'Decrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'],
  ...['AsymmetricEncrypt', 'AsymmetricDecrypt', 'AsymmetricSign', 'AsymmetricVerify', 'GetPublicKey'],
  ...['GenerateMac', 'VerifyMac'],
];
const READ_ONLY = [
  ...['List*', 'Describe*', 'GetPublicKey', 'GetUploadBackupDataInfo', 'GetKmsInstanceSharedAccounts'],
  ...[
    'GetKmsInstanceQuotaInfos',
    'GetCheckAssociateResourceTaskResults',
    'GetKeyPolicy',
    'GetKeyDefaultPolicy',
  ],
  ...['GetSecretPolicy', 'GetSecretDefaultPolicy', 'GetKmsInstance', 'GetDefaultKmsInstance'],
];

/** RAM document 9. Grants for services that are not here (ECS, RDS, tags) are left out. */
export const SYSTEM_POLICIES: readonly SystemPolicy[] = [
  policy('AdministratorAccess', 'v1', onAll('*')),
  policy('AliyunRAMFullAccess', 'v1', onAll('ram:*')),
  policy('AliyunRAMReadOnlyAccess', 'v3', onAll('ram:Get*', 'ram:List*', 'ram:GenerateCredentialReport')),
  policy('AliyunSTSAssumeRoleAccess', 'v1', onAll('sts:AssumeRole')),
  policy(
    'AliyunKMSFullAccess',
    'v3',
    kmsOnAll('*'),
    serviceRolesOf('secretsmanager-rds.kms.aliyuncs.com', 'keystore.kms.aliyuncs.com'),
  ),
  policy('AliyunKMSReadOnlyAccess', 'v3', kmsOnAll(...READ_ONLY)),
  policy('AliyunKMSCryptoUserAccess', 'v2', kmsOnAll(...CRYPTO)),
  policy('AliyunKMSCryptoAdminAccess', 'v2', {
    Action: 'kms:*',
    Resource: ['acs:kms:*:*:key*', 'acs:kms:*:*:alias*'],
  }),
  policy(
    'AliyunKMSSecretUserAccess',
    'v1',
    kmsOnAll('GetSecretValue'),
    kmsOnAll('DescribeSecret', 'ListSecretVersionIds'),
  ),
  policy(
    'AliyunKMSSecretAdminAccess',
    'v5',
    { Action: 'kms:*', Resource: 'acs:kms:*:*:secret*' },
    kmsOnAll('GetRandomPassword'),
  ),
  policy(
    'AliyunActionTrailFullAccess',
    'v2',
    onAll('actiontrail:*'),
    { ...onAll('ram:PassRole'), Condition: { StringEquals: { 'acs:Service': 'actiontrail.aliyuncs.com' } } },
    serviceRolesOf('actiontrail.aliyuncs.com'),
  ),
  policy(
    'AliyunActionTrailReadOnlyAccess',
    'v4',
    onAll(...['Lookup*', 'Describe*', 'Get*', 'Check*', 'List*'].map((name) => `actiontrail:${name}`)),
  ),
];

const byName: ReadonlyMap<string, SystemPolicy> = new Map(
  SYSTEM_POLICIES.map((policy) => [foldAscii(policy.name), policy]),
);

export const findSystemPolicy = (name: string): SystemPolicy | undefined => byName.get(foldAscii(name));
