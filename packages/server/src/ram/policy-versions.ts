import { ApiError } from '@keyhold/api/errors.ts';
import type { Directory } from './directory.ts';
import { LIMITS } from './limits.ts';
import type { RamPlan } from './plan.ts';
import { requireCustomPolicy } from './policies.ts';
import { findVersion } from './policy.ts';
import type { CustomPolicy, PolicyVersion } from './records.ts';
import { refuse, requireRoom } from './require.ts';

interface NewVersion {
  readonly policyName: string;
  readonly document: string;
  readonly setAsDefault: boolean;
  /** Where there is no room, the oldest version that is not the default makes some. */
  readonly rotate: boolean;
}

export function addVersion(
  directory: Directory,
  { policyName, document, setAsDefault, rotate }: NewVersion,
  now: number,
): RamPlan<{ readonly policy: CustomPolicy; readonly version: PolicyVersion }> {
  const policy = requireCustomPolicy(directory, policyName);
  const full = policy.versions.length >= LIMITS.versionsPerPolicy;
  const kept = full && rotate ? withoutOldest(policy) : policy.versions;
  requireRoom('LimitExceeded.Policy.Version', kept.length, LIMITS.versionsPerPolicy);
  const version = { versionId: `v${policy.nextVersion}`, document, createdAt: now };
  const changed = {
    ...policy,
    versions: [...kept, version],
    defaultVersion: setAsDefault ? version.versionId : policy.defaultVersion,
    nextVersion: policy.nextVersion + 1,
    updatedAt: now,
  };
  return { result: { policy: changed, version }, put: [['policy', changed]] };
}

function withoutOldest({ versions, defaultVersion }: CustomPolicy): readonly PolicyVersion[] {
  const oldest = versions.find(({ versionId }) => versionId !== defaultVersion);
  return versions.filter((version) => version !== oldest);
}

export function setDefaultVersion(
  directory: Directory,
  policyName: string,
  versionId: string,
  now: number,
): RamPlan<void> {
  const policy = requireVersion(directory, policyName, versionId);
  const changed = { ...policy, defaultVersion: versionId, updatedAt: now };
  return { result: undefined, put: [['policy', changed]] };
}

export function removeVersion(
  directory: Directory,
  policyName: string,
  versionId: string,
  now: number,
): RamPlan<void> {
  const policy = requireVersion(directory, policyName, versionId);
  if (versionId === policy.defaultVersion) throw new ApiError('DeleteConflict.Policy.Version.Default');
  const versions = policy.versions.filter((version) => version.versionId !== versionId);
  return { result: undefined, put: [['policy', { ...policy, versions, updatedAt: now }]] };
}

function requireVersion(directory: Directory, policyName: string, versionId: string): CustomPolicy {
  const policy = requireCustomPolicy(directory, policyName);
  if (!findVersion(policy, versionId)) refuse('EntityNotExist.Policy.Version', versionId);
  return policy;
}
