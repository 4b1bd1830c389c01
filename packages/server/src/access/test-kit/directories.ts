import { LoadedDirectory } from '../../ram/loaded-directory.ts';
import type { Role, User } from '../../ram/records.ts';
import type { AnyRecord } from '../../ram/rows.ts';

/** A directory of these records, without a database. */
export const directoryOf = (accountId: string, records: readonly AnyRecord[]): LoadedDirectory =>
  new LoadedDirectory({ accountId, revision: 1, accessKeys: [] }, records);

const dates = { createdAt: 0, updatedAt: 0 };

export const sampleUser = (userId: string, userName: string): User => ({
  userId,
  userName,
  displayName: '',
  mobilePhone: '',
  email: '',
  comments: '',
  ...dates,
});

const TRUSTS_NOBODY = JSON.stringify({
  Version: '1',
  Statement: [{ Effect: 'Deny', Action: 'sts:AssumeRole', Principal: { RAM: ['acs:ram::1:root'] } }],
});

export const sampleRole = (roleId: string, roleName: string, trustPolicy = TRUSTS_NOBODY): Role => ({
  roleId,
  roleName,
  description: '',
  trustPolicy,
  maxSessionSeconds: 3600,
  tags: [],
  ...dates,
});

/** A custom policy of these statements, and its attachment to a user or role. */
export function attachedPolicy(
  policyName: string,
  target: { readonly kind: 'user' | 'role'; readonly id: string },
  ...statements: readonly unknown[]
): readonly AnyRecord[] {
  const document = JSON.stringify({ Version: '1', Statement: statements });
  const versions = [{ versionId: 'v1', document, createdAt: 0 }];
  const policy = {
    policyName,
    description: '',
    versions,
    defaultVersion: 'v1',
    nextVersion: 2,
    tags: [],
    ...dates,
  };
  return [
    ['policy', policy],
    ['attachment', { policyType: 'Custom', policyName, target, attachedAt: 0 }],
  ];
}
