import * as z from 'zod';
import { operation } from '../operation.ts';
import { integer, text } from '../values.ts';
import { dryRun, encryptionContext, keyName } from './values.ts';

/** 6 KB of plaintext (2019 user guide and later), counted after Base64 decoding where the text is Base64. */
export const MAX_PLAINTEXT_BYTES = 6144;
export const MAX_DATA_KEY_BYTES = 1024;

/**
 * The largest blob of ours is 126 + 8192 + 16 bytes (6144 bytes as Base64 text); in Base64, 11 112
 * characters. White space around and inside it is ignored.
 */
const ciphertextBlob = text(16_384).describe('Base64 ciphertext as Encrypt or GenerateDataKey returned it');

const keyErrors = [
  'InvalidParameter',
  'UnsupportedOperation',
  'Forbidden.AliasNotFound',
  'Forbidden.KeyNotFound',
  'Rejected.Disabled',
  'Rejected.PendingDeletion',
  'Rejected.PendingImport',
  'Rejected.Unavailable',
] as const;

const keyOfCall = { KeyId: z.string(), KeyVersionId: z.string() };

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MAX_PLAINTEXT_CHARS = (MAX_PLAINTEXT_BYTES / 3) * 4;

/** Of what the text stands for (KMS semantics 10.1); a longer text is not looked into. */
function plaintextBytes(text: string): number {
  if (text.length > MAX_PLAINTEXT_CHARS) return text.length;
  if (BASE64.test(text)) return (text.length / 4) * 3 - (text.match(/=*$/)?.[0].length ?? 0);
  return new TextEncoder().encode(text).length;
}

export const Encrypt = operation({
  action: 'Encrypt',
  group: 'crypto',
  summary: 'Encrypts up to 6 KB under the primary version of a symmetric key.',
  effect: 'use',
  grants: [{ action: 'kms:Encrypt', resource: { kind: 'key', parameter: 'KeyId', alias: true } }],
  request: z.object({
    KeyId: keyName,
    Plaintext: z
      .string()
      .refine((plaintext) => plaintextBytes(plaintext) <= MAX_PLAINTEXT_BYTES)
      .describe('opaque text, Base64 by contract, of at most 6144 bytes; Decrypt returns it unchanged'),
    EncryptionContext: encryptionContext.optional(),
    DryRun: dryRun.optional(),
  }),
  response: z.object({ ...keyOfCall, CiphertextBlob: z.string() }),
  errors: keyErrors,
  trail: { request: ['KeyId', 'EncryptionContext', 'DryRun'], response: ['KeyId', 'KeyVersionId'] },
});

export const Decrypt = operation({
  action: 'Decrypt',
  group: 'crypto',
  summary: 'Decrypts a ciphertext; the key and its version are named inside it.',
  effect: 'use',
  grants: [{ action: 'kms:Decrypt', resource: { kind: 'ciphertextKey', parameter: 'CiphertextBlob' } }],
  request: z.object({
    CiphertextBlob: ciphertextBlob,
    EncryptionContext: encryptionContext.optional(),
    DryRun: dryRun.optional(),
  }),
  response: z.object({ ...keyOfCall, Plaintext: z.string() }),
  errors: keyErrors,
  trail: { request: ['EncryptionContext', 'DryRun'], response: ['KeyId', 'KeyVersionId'] },
});

const dataKeyRequest = z.object({
  KeyId: keyName,
  /** SM4_128 is what the vendor's Java Encryption SDK sends, with NumberOfBytes. */
  KeySpec: z
    .enum(['AES_256', 'AES_128', 'SM4_128'])
    .optional()
    .describe('length of the data key; default AES_256'),
  NumberOfBytes: integer(1, MAX_DATA_KEY_BYTES).optional().describe('1 to 1024; wins over KeySpec'),
  EncryptionContext: encryptionContext.optional(),
  DryRun: dryRun.optional(),
});

export const GenerateDataKey = operation({
  action: 'GenerateDataKey',
  group: 'crypto',
  summary: 'Returns a random data key, in clear and encrypted under a key.',
  effect: 'use',
  grants: [{ action: 'kms:GenerateDataKey', resource: { kind: 'key', parameter: 'KeyId', alias: true } }],
  request: dataKeyRequest,
  response: z.object({ ...keyOfCall, Plaintext: z.string(), CiphertextBlob: z.string() }),
  errors: keyErrors,
  trail: {
    request: ['KeyId', 'KeySpec', 'NumberOfBytes', 'EncryptionContext', 'DryRun'],
    response: ['KeyId', 'KeyVersionId'],
  },
});

export const GenerateDataKeyWithoutPlaintext = operation({
  ...GenerateDataKey,
  action: 'GenerateDataKeyWithoutPlaintext',
  summary: 'Returns a random data key, encrypted under a key only.',
  grants: [
    {
      action: 'kms:GenerateDataKeyWithoutPlaintext',
      resource: { kind: 'key', parameter: 'KeyId', alias: true },
    },
  ],
  response: z.object({ ...keyOfCall, CiphertextBlob: z.string() }),
  trail: { request: GenerateDataKey.trail.request, response: ['KeyId', 'KeyVersionId'] },
});

export const ReEncrypt = operation({
  action: 'ReEncrypt',
  group: 'crypto',
  summary: 'Decrypts a ciphertext inside the service and encrypts it under another key or context.',
  effect: 'use',
  grants: [
    { action: 'kms:ReEncryptFrom', resource: { kind: 'ciphertextKey', parameter: 'CiphertextBlob' } },
    { action: 'kms:ReEncryptTo', resource: { kind: 'key', parameter: 'DestinationKeyId', alias: true } },
  ],
  request: z.object({
    CiphertextBlob: ciphertextBlob,
    SourceEncryptionContext: encryptionContext.optional(),
    DestinationKeyId: keyName,
    DestinationEncryptionContext: encryptionContext.optional(),
    SourceKeyId: text(512).optional().describe('for public-key ciphertext, which is not supported yet'),
    SourceKeyVersionId: text(64).optional().describe('for public-key ciphertext'),
    SourceEncryptionAlgorithm: text(64).optional().describe('for public-key ciphertext'),
    DryRun: dryRun.optional(),
  }),
  response: z.object({ ...keyOfCall, CiphertextBlob: z.string() }),
  errors: keyErrors,
  trail: {
    request: ['DestinationKeyId', 'SourceEncryptionContext', 'DestinationEncryptionContext', 'DryRun'],
    response: ['KeyId', 'KeyVersionId'],
  },
});
