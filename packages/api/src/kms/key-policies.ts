import * as z from 'zod';
import { operation } from '../operation.ts';
import { boolean, failsWith } from '../values.ts';
import { keyIdOnly, page, pageNumber, pageSize } from './values.ts';

/** Bytes (RAM 6). */
export const MAX_KEY_POLICY_BYTES = 32_768;
/** The one name a policy of a key can have (RAM 6). */
export const KEY_POLICY_NAME = 'default';

const policyName = z
  .string()
  .refine((name) => name === KEY_POLICY_NAME, failsWith('Forbidden.ResourceNotFound'))
  .optional()
  .describe('default, the only one');

const key = { kind: 'key', parameter: 'KeyId' } as const;

export const GetKeyPolicy = operation({
  action: 'GetKeyPolicy',
  group: 'key-policies',
  summary: 'Returns the policy of a key.',
  effect: 'read',
  grants: [{ action: 'kms:GetKeyPolicy', resource: key }],
  request: z.object({ KeyId: keyIdOnly, PolicyName: policyName }),
  response: z.object({ Policy: z.string() }),
  errors: ['MissingParameter', 'InvalidParameter', 'Forbidden.KeyNotFound', 'Forbidden.ResourceNotFound'],
  trail: { request: ['KeyId', 'PolicyName'], response: [] },
});

export const SetKeyPolicy = operation({
  action: 'SetKeyPolicy',
  group: 'key-policies',
  summary: 'Replaces the policy of a key: who may use it besides those whom RAM allows, and who may not.',
  effect: 'write',
  grants: [{ action: 'kms:SetKeyPolicy', resource: key }],
  request: z.object({
    KeyId: keyIdOnly,
    Policy: z.string().min(1).describe('policy as JSON text, up to 32768 bytes'),
    PolicyName: policyName,
    BypassPolicyLockoutSafetyCheck: boolean
      .optional()
      .describe('true: store it although the caller could not change it again afterwards'),
  }),
  response: z.object({}),
  errors: [
    'MissingParameter',
    'InvalidParameter',
    'Forbidden.KeyNotFound',
    'Forbidden.ResourceNotFound',
    'Rejected.PolicyLockout',
  ],
  trail: { request: ['KeyId', 'PolicyName', 'Policy', 'BypassPolicyLockoutSafetyCheck'], response: [] },
});

export const ListKeyPolicies = operation({
  action: 'ListKeyPolicies',
  group: 'key-policies',
  summary: 'Lists the names of the policies of a key: there is one, default.',
  effect: 'read',
  grants: [{ action: 'kms:ListKeyPolicies', resource: key }],
  request: z.object({
    KeyId: keyIdOnly,
    PageNumber: pageNumber,
    PageSize: pageSize,
  }),
  response: z.object({
    PolicyNames: z.object({ PolicyName: z.array(z.string()) }),
    ...page,
  }),
  errors: ['MissingParameter', 'InvalidParameter', 'Forbidden.KeyNotFound'],
  trail: { request: ['KeyId', 'PageNumber', 'PageSize'], response: [] },
});
