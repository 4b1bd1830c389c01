import type { AnyPolicy, AnyVersion } from '../../../ram/policy.ts';
import { dateText } from '../../date-text.ts';

/** A policy as CreatePolicy answers it. */
export function newPolicyShown(policy: AnyPolicy) {
  return {
    PolicyName: policy.policyName,
    PolicyType: policy.policyType,
    Description: policy.description,
    DefaultVersion: policy.defaultVersion,
    CreateDate: dateText(policy.createdAt),
  };
}

export function shownPolicy(policy: AnyPolicy) {
  return { ...newPolicyShown(policy), UpdateDate: dateText(policy.updatedAt) };
}

export function shownVersion(policy: Pick<AnyPolicy, 'defaultVersion'>, version: AnyVersion) {
  return {
    VersionId: version.versionId,
    IsDefaultVersion: version.versionId === policy.defaultVersion,
    PolicyDocument: version.document,
    CreateDate: dateText(version.createdAt),
  };
}
