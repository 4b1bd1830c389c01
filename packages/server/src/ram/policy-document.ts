import { ApiError } from '@keyhold/api/errors.ts';
import { parsePolicy } from '../access/policy/parse.ts';
import type { Policy, PolicyKind } from '../access/policy/policy.ts';
import { PolicyError } from '../access/policy/policy-error.ts';

/** Reads a document that a caller wants stored, and says where it is wrong (RAM 10). */
export function readDocument(text: string, kind: PolicyKind): Policy {
  try {
    return parsePolicy(text, kind);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new ApiError('MalformedPolicyDocument', { reason: error.told() });
  }
}
