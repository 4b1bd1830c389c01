import type { TargetKind, Wanted } from '../../../ram/attachments.ts';
import type { PolicyType } from '../../../ram/records.ts';

interface Params {
  readonly PolicyType: PolicyType;
  readonly PolicyName: string;
}

export const wanted = (params: Params, kind: TargetKind, name: string): Wanted => ({
  policyType: params.PolicyType,
  policyName: params.PolicyName,
  kind,
  name,
});
