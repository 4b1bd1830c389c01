import * as z from 'zod';
import { operation } from '../operation.ts';
import { text, textMap } from '../values.ts';
import { MAX_POLICY_CHARS } from './values.ts';

const MAX_KEY_POLICY_CHARS = 32_768;

const statement = z.object({
  /** `identity`, `session` or `resource`. */
  Source: z.string(),
  Policy: z.string(),
  /** From 1. */
  Statement: z.int(),
  Sid: z.string(),
  Effect: z.enum(['Allow', 'Deny']),
});

/** Keyhold's own: the vendor has no such action. */
export const SimulatePolicy = operation({
  action: 'SimulatePolicy',
  group: 'policies',
  summary: 'Answers whether somebody may do something, and which statements decide; nothing is done.',
  effect: 'read',
  grants: [{ action: 'ram:SimulatePolicy', resource: { kind: 'policies' } }],
  request: z.object({
    Principal: text(256).describe('acs:ram::<account>:user/<name>, role/<name> or root'),
    SimulatedAction: text(128).describe('such as kms:Decrypt'),
    Resource: text(512).optional().describe('ARN, key id or alias/<name>; default *'),
    Context: textMap(8192)
      .optional()
      .describe('condition keys and their values, such as {"acs:SourceIp":"10.0.0.1"}'),
    PolicyName: text(128).optional().describe('with PolicyDocument: as if this custom policy said that'),
    PolicyDocument: text(MAX_POLICY_CHARS).optional().describe('as if it were attached to the principal'),
    KeyPolicy: text(MAX_KEY_POLICY_CHARS).optional().describe('as if this were the policy of the key'),
  }),
  response: z.object({
    Decision: z.enum(['Allow', 'ExplicitDeny', 'ImplicitDeny']),
    /** In words: which rule of the whole process decided. */
    Rule: z.string(),
    /** The resource as permission was asked for it. */
    Resource: z.string(),
    DecidedBy: z.array(statement),
    /** Statements of the identity that did not apply, each with the first of its elements that did not match. */
    NotMatched: z.array(statement.extend({ Element: z.string() })),
  }),
  errors: [
    'InvalidParameter',
    'MalformedPolicyDocument',
    'EntityNotExist.User',
    'EntityNotExist.Role',
    'EntityNotExist.Policy',
    'Forbidden.KeyNotFound',
    'Forbidden.AliasNotFound',
  ],
  trail: {
    request: ['Principal', 'SimulatedAction', 'Resource', 'Context', 'PolicyName', 'PolicyDocument'],
    response: [],
  },
});
