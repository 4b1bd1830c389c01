import { randomBytes } from 'node:crypto';
import { sealAccessKey } from '../../access/access-keys.ts';
import { DomainKey } from '../../keys/domain-key.ts';
import { SecretBytes } from '../../secret-bytes.ts';
import type { AccessKey } from '../../store/store.ts';
import type { CustomPolicy, Group, Role, User } from '../records.ts';

export const ACCOUNT = '1000000000000001';
export const OTHER_ACCOUNT = '2000000000000002';
export const TIME = 1_700_000_000_000;

export const newDomainKey = (): DomainKey => new DomainKey(new SecretBytes(randomBytes(32)));

export const sampleUser = (userName: string, changes: Partial<User> = {}): User => ({
  userId: `id of ${userName}`,
  userName,
  displayName: '',
  mobilePhone: '',
  email: '',
  comments: '',
  createdAt: TIME,
  updatedAt: TIME,
  ...changes,
});

export const sampleGroup = (groupName: string, changes: Partial<Group> = {}): Group => ({
  groupId: `id of ${groupName}`,
  groupName,
  comments: '',
  createdAt: TIME,
  updatedAt: TIME,
  members: [],
  ...changes,
});

export const allowing = (action: string): string =>
  JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] });

export const trusting = (...principals: readonly string[]): string =>
  JSON.stringify({
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: principals } }],
  });

export const sampleRole = (roleName: string, changes: Partial<Role> = {}): Role => ({
  roleId: `id of ${roleName}`,
  roleName,
  description: '',
  trustPolicy: trusting(`acs:ram::${ACCOUNT}:root`),
  maxSessionSeconds: 3600,
  tags: [],
  createdAt: TIME,
  updatedAt: TIME,
  ...changes,
});

export const samplePolicy = (policyName: string, changes: Partial<CustomPolicy> = {}): CustomPolicy => ({
  policyName,
  description: '',
  versions: [{ versionId: 'v1', document: allowing('kms:Encrypt'), createdAt: TIME }],
  defaultVersion: 'v1',
  nextVersion: 2,
  tags: [],
  createdAt: TIME,
  updatedAt: TIME,
  ...changes,
});

export function sealedAccessKey(
  domainKey: DomainKey,
  accessKeyId: string,
  fields: Partial<AccessKey> = {},
): AccessKey {
  const { accountId = ACCOUNT, owner = 'root', status = 'Active', createdAt = TIME } = fields;
  const secret = new SecretBytes(Buffer.from(`secret of ${accessKeyId}`));
  return sealAccessKey(domainKey, { accessKeyId, accountId, owner, status, createdAt }, secret);
}
