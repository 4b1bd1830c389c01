import * as z from 'zod';
import { operation } from '../operation.ts';
import { dateText, integer, text } from '../values.ts';
import { keyIdOnly } from './values.ts';

/** The vendor documents RSA_2048 (and EC_SM2 for HSM keys); the longer ones are ours (KMS semantics 14). */
export const wrappingKeySpec = z.enum(['RSA_2048', 'RSA_3072', 'RSA_4096']);
export type WrappingKeySpec = z.output<typeof wrappingKeySpec>;

/** The hash of MGF1 is the hash of OAEP; the label is empty. */
export const wrappingAlgorithm = z.enum(['RSAES_OAEP_SHA_256', 'RSAES_OAEP_SHA_1', 'RSAES_PKCS1_V1_5']);
export type WrappingAlgorithm = z.output<typeof wrappingAlgorithm>;

/** A token of ours for RSA_4096 has some 3500 characters. */
const MAX_TOKEN_CHARS = 8192;
/** 512 bytes as Base64 have 684 characters; tools break the lines and end them. */
const MAX_WRAPPED_CHARS = 2048;
/** The last second that the answers can write: 9999-12-31T23:59:59Z. */
const MAX_UNIX_SECONDS = 253_402_300_799;

const importErrors = [
  'InvalidParameter',
  'Unsupported.Alias',
  'Unsupported.Origin',
  'Forbidden.KeyNotFound',
] as const;

export const GetParametersForImport = operation({
  action: 'GetParametersForImport',
  group: 'import',
  summary: 'Issues a public key to wrap material with, and the token that goes with it, for 24 hours.',
  effect: 'read',
  grants: [{ action: 'kms:GetParametersForImport', resource: { kind: 'key', parameter: 'KeyId' } }],
  request: z.object({
    KeyId: keyIdOnly,
    WrappingAlgorithm: wrappingAlgorithm.describe('how the material will be wrapped'),
    WrappingKeySpec: wrappingKeySpec.describe('length of the public key; RSA_2048 is the usual one'),
  }),
  response: z.object({
    KeyId: z.string(),
    /** Base64 of DER SubjectPublicKeyInfo. */
    PublicKey: z.string(),
    ImportToken: z.string(),
    TokenExpireTime: dateText,
  }),
  errors: [...importErrors, 'UnsupportedOperation', 'Rejected.LimitExceeded', 'Rejected.Unavailable'],
  trail: {
    request: ['KeyId', 'WrappingAlgorithm', 'WrappingKeySpec'],
    response: ['KeyId', 'TokenExpireTime'],
  },
});

export const ImportKeyMaterial = operation({
  action: 'ImportKeyMaterial',
  group: 'import',
  summary: 'Gives a key its material, made elsewhere; a key takes only the material it got first.',
  effect: 'write',
  grants: [{ action: 'kms:ImportKeyMaterial', resource: { kind: 'key', parameter: 'KeyId' } }],
  request: z.object({
    KeyId: keyIdOnly,
    EncryptedKeyMaterial: text(MAX_WRAPPED_CHARS).describe('Base64 of the wrapped material'),
    ImportToken: text(MAX_TOKEN_CHARS).describe('as GetParametersForImport returned it for this key'),
    KeyMaterialExpireUnix: integer(0, MAX_UNIX_SECONDS)
      .optional()
      .describe('when the material is to be erased, in seconds since 1970; 0 or absent: never'),
  }),
  response: z.object({}),
  errors: [
    ...importErrors,
    'InvalidImportToken',
    'ExpiredImportToken',
    'InvalidKeyMaterial',
    'Rejected.StateModifiedFailed',
    'Rejected.Unavailable',
  ],
  trail: { request: ['KeyId', 'KeyMaterialExpireUnix'], response: [] },
});

export const DeleteKeyMaterial = operation({
  action: 'DeleteKeyMaterial',
  group: 'import',
  summary: 'Erases imported material; the key stays and takes the same material again.',
  effect: 'write',
  grants: [{ action: 'kms:DeleteKeyMaterial', resource: { kind: 'key', parameter: 'KeyId' } }],
  request: z.object({ KeyId: keyIdOnly }),
  response: z.object({}),
  errors: importErrors,
  trail: { request: ['KeyId'], response: [] },
});
