import type { TargetKind } from '../../../ram/attachments.ts';
import type { Directory } from '../../../ram/directory.ts';
import { requirePolicy } from '../../../ram/require.ts';
import { dateText } from '../../date-text.ts';

/** The policies attached to a user, group or role, in the order they were. */
export function attachedPolicies(directory: Directory, kind: TargetKind, id: string) {
  const Policy = directory.attachmentsTo(kind, id).map(({ policyType, policyName, attachedAt }) => {
    const { description, defaultVersion } = requirePolicy(directory, policyType, policyName);
    return {
      PolicyName: policyName,
      PolicyType: policyType,
      Description: description,
      DefaultVersion: defaultVersion,
      AttachDate: dateText(attachedAt),
    };
  });
  return { Policies: { Policy } };
}
