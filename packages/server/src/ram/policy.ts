import { findSystemPolicy, SYSTEM_POLICIES } from '../access/policy/system-policies.ts';
import type { Directory } from './directory.ts';
import type { CustomPolicy, PolicyType, RamTag } from './records.ts';

/** A policy of either type. System policies have no dates, descriptions or tags. */
export interface AnyPolicy {
  readonly policyType: PolicyType;
  readonly policyName: string;
  readonly description: string;
  readonly defaultVersion: string;
  readonly versions: readonly AnyVersion[];
  readonly tags: readonly RamTag[];
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
}

export interface AnyVersion {
  readonly versionId: string;
  readonly document: string;
  readonly createdAt: number | null;
}

const custom = (policy: CustomPolicy): AnyPolicy => ({ policyType: 'Custom', ...policy });

/** By their names. Always the same objects: what is compiled of a version is kept with it. */
const systemPolicies: ReadonlyMap<string, AnyPolicy> = new Map(
  SYSTEM_POLICIES.map(({ name, versionId, document }) => [
    name,
    {
      policyType: 'System',
      policyName: name,
      description: '',
      defaultVersion: versionId,
      versions: [{ versionId, document, createdAt: null }],
      tags: [],
      createdAt: null,
      updatedAt: null,
    },
  ]),
);

export function findPolicy(directory: Directory, type: PolicyType, name: string): AnyPolicy | undefined {
  if (type === 'System') return systemPolicies.get(findSystemPolicy(name)?.name ?? '');
  const found = directory.policy(name);
  return found && custom(found);
}

/** All that can be attached, in no order. */
export const allPolicies = (directory: Directory): readonly AnyPolicy[] => [
  ...directory.policies.map(custom),
  ...systemPolicies.values(),
];

export const findVersion = <V extends AnyVersion>(
  policy: { readonly versions: readonly V[] },
  versionId: string,
): V | undefined => policy.versions.find((version) => version.versionId === versionId);

export function defaultVersionOf(
  policy: Pick<AnyPolicy, 'policyName' | 'defaultVersion' | 'versions'>,
): AnyVersion {
  const version = findVersion(policy, policy.defaultVersion);
  if (version === undefined) throw new Error(`the policy ${policy.policyName} has lost its default version`);
  return version;
}
