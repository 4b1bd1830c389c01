import { ApiError } from '@keyhold/api/errors.ts';
import { KEY_POLICY_NAME, SetKeyPolicy } from '@keyhold/api/kms/key-policies.ts';
import { decide } from '../../access/authorise.ts';
import { parsePolicy } from '../../access/policy/parse.ts';
import type { Policy } from '../../access/policy/policy.ts';
import { PolicyError } from '../../access/policy/policy-error.ts';
import { handler } from '../handler.ts';

export const setKeyPolicy = handler(SetKeyPolicy, async (kms, call) => {
  const { params, resources, asking, now } = call;
  const { keyId, accountId } = call.key('KeyId');
  const candidate = { name: KEY_POLICY_NAME, policy: readPolicy(params.Policy) };
  const [resource] = resources;
  if (resource && params.BypassPolicyLockoutSafetyCheck !== true) {
    const afterwards = await decide(asking, { ...resource, policy: candidate });
    if (afterwards.decision !== 'Allow') {
      const reason =
        afterwards.decision === 'ExplicitDeny' ? 'it denies you that' : 'nothing would allow you that';
      throw new ApiError('Rejected.PolicyLockout', { reason });
    }
  }
  await kms.ram.change(accountId, () => ({
    result: undefined,
    put: [['key-policy', { keyId, document: params.Policy, updatedAt: now }]],
  }));
  return {};
});

function readPolicy(document: string): Policy {
  try {
    return parsePolicy(document, 'key');
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new ApiError(
      'InvalidParameter',
      {},
      { message: `The parameter "Policy" is not valid: ${error.told()}.` },
    );
  }
}
