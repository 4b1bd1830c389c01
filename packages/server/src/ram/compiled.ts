import { identityArn, ramResourceArn, SYSTEM_ACCOUNT } from '@keyhold/api/arn.ts';
import { parsePolicy } from '../access/policy/parse.ts';
import type { NamedPolicy } from '../access/policy/policy.ts';
import { type AnyPolicy, defaultVersionOf } from './policy.ts';
import type { KeyPolicy, Role } from './records.ts';

/** Policies ready to be evaluated, by what they are made of: compiled once while that is in memory. */
const compiled = new WeakMap<object, NamedPolicy>();

function once(source: object, compile: () => NamedPolicy): NamedPolicy {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  const policy = compile();
  compiled.set(source, policy);
  return policy;
}

export function compiledPolicy(accountId: string, policy: AnyPolicy): NamedPolicy {
  const version = defaultVersionOf(policy);
  const owner = policy.policyType === 'System' ? SYSTEM_ACCOUNT : accountId;
  return once(version, () => ({
    name: ramResourceArn(owner, 'policy', policy.policyName),
    policy: parsePolicy(version.document, 'identity'),
  }));
}

export const compiledKeyPolicy = (policy: KeyPolicy): NamedPolicy =>
  once(policy, () => ({
    name: `the policy of key ${policy.keyId}`,
    policy: parsePolicy(policy.document, 'key'),
  }));

export const compiledTrustPolicy = (accountId: string, role: Role): NamedPolicy =>
  once(role, () => ({
    name: identityArn(accountId, 'role', role.roleName),
    policy: parsePolicy(role.trustPolicy, 'trust'),
  }));
