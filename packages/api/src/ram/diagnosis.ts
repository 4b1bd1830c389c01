import * as z from 'zod';
import { operation } from '../operation.ts';
import { text } from '../values.ts';

export const DecodeDiagnosticMessage = operation({
  action: 'DecodeDiagnosticMessage',
  group: 'diagnosis',
  summary: 'Explains why a call was denied, from the message that came with the refusal.',
  effect: 'read',
  grants: [{ action: 'ram:DecodeDiagnosticMessage', resource: { kind: 'service' } }],
  request: z.object({
    EncodedDiagnosticMessage: text(8192).describe('as AccessDeniedDetail gave it'),
  }),
  response: z.object({
    DecodedDiagnosticMessage: z.object({
      AuthAction: z.string(),
      AuthResource: z.string(),
      AuthPrincipal: z.object({
        AuthPrincipalType: z.string(),
        AuthPrincipalOwnerId: z.string(),
        AuthPrincipalDisplayName: z.string(),
      }),
      AuthConditions: z.array(z.object({ ConditionKey: z.string(), ConditionValues: z.array(z.string()) })),
      ExplicitDeny: z.boolean(),
      NoPermissionPolicyType: z.string(),
      MatchedPolicies: z.array(
        z.object({
          Effect: z.string(),
          PolicyIdentifier: z.string(),
          PolicyType: z.string(),
          PolicyVersion: z.string(),
          AttachedEntityType: z.string(),
          AttachedScope: z.string(),
        }),
      ),
    }),
  }),
  errors: [
    'InvalidParameter',
    'EncodedMessageExpire',
    'NotSupport',
    'EntityNotExist',
    'SearchInaccurate',
    'TooManyRequests',
  ],
  trail: { request: [], response: [] },
});
