import { SYSTEM_ACCOUNT } from '@keyhold/api/arn.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import { DecodeDiagnosticMessage } from '@keyhold/api/ram/diagnosis.ts';
import type { Reason } from '../../../access/policy/combine.ts';
import type { Directory } from '../../../ram/directory.ts';
import { handler } from '../../handler.ts';

export const decodeDiagnosticMessage = handler(
  DecodeDiagnosticMessage,
  async (kms, { params, home, now }) => {
    const { accountId } = home;
    const diagnosis = kms.diagnoses.decode(accountId, params.EncodedDiagnosticMessage, now);
    if (diagnosis === 'unknown') throw new ApiError('EntityNotExist');
    if (diagnosis === 'expired') throw new ApiError('EncodedMessageExpire');
    const directory = await kms.ram.get(accountId);
    return {
      DecodedDiagnosticMessage: {
        AuthAction: diagnosis.action,
        AuthResource: diagnosis.resource,
        AuthPrincipal: {
          AuthPrincipalType: diagnosis.principalType,
          AuthPrincipalOwnerId: accountId,
          AuthPrincipalDisplayName: diagnosis.principalName,
        },
        AuthConditions: diagnosis.conditions.map(({ key, values }) => ({
          ConditionKey: key,
          ConditionValues: [...values],
        })),
        ExplicitDeny: diagnosis.explicit,
        NoPermissionPolicyType: diagnosis.policyType,
        MatchedPolicies: diagnosis.reasons.map((reason) => matchedPolicy(directory, reason)),
      },
    };
  },
);

function matchedPolicy(directory: Directory, { policy, effect, source }: Reason) {
  const name = policy.slice(policy.lastIndexOf('/') + 1);
  const type = policy.startsWith(`acs:ram:*:${SYSTEM_ACCOUNT}:`) ? 'System' : 'Custom';
  const isAttached = source === 'identity';
  const [attachment] = isAttached ? directory.attachmentsOf(type, name) : [];
  return {
    Effect: effect,
    PolicyIdentifier: policy,
    PolicyType: isAttached ? type : source,
    PolicyVersion: isAttached && type === 'Custom' ? (directory.policy(name)?.defaultVersion ?? '') : 'v1',
    AttachedEntityType: attachment?.target.kind ?? '',
    AttachedScope: directory.accountId,
  };
}
