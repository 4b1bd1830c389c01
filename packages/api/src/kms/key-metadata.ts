import * as z from 'zod';
import { dateText } from '../values.ts';

const DAY = 86_400;
const SECONDS: Readonly<Record<string, number>> = { d: DAY, h: 3600, m: 60, s: 1 };

/** Every spec the vendor documents (KMS semantics 7); what a server offers of them is its own matter. */
export const keySpec = z.enum([
  'Aliyun_AES_256',
  'Aliyun_AES_192',
  'Aliyun_AES_128',
  'Aliyun_DES3_192',
  'Aliyun_SM4',
  'RSA_2048',
  'RSA_3072',
  'EC_P256',
  'EC_P256K',
  'EC_SM2',
]);
export const keyUsage = z.enum(['ENCRYPT/DECRYPT', 'SIGN/VERIFY']);
export const origin = z.enum(['Aliyun_KMS', 'EXTERNAL']);
export const protectionLevel = z.enum(['SOFTWARE', 'HSM']);

/** `365d`, `8760h`, `525600m` or `31536000s`; a number of seconds when decoded (KMS semantics 13). */
export const rotationInterval = z.codec(
  z.string().regex(/^\d{1,9}[dhms]$/),
  z
    .int()
    .min(7 * DAY)
    .max(730 * DAY),
  {
    decode: (wire) => Number(wire.slice(0, -1)) * (SECONDS[wire.slice(-1)] ?? Number.NaN),
    encode: (seconds) => `${seconds}s`,
  },
);

/** What CreateKey and DescribeKey answer (KMS semantics 6). */
export const KeyMetadata = z.object({
  KeyId: z.string(),
  Arn: z.string(),
  /** Account id. */
  Creator: z.string(),
  CreationDate: dateText,
  Description: z.string(),
  KeyState: z.enum(['Enabled', 'Disabled', 'PendingDeletion', 'PendingImport']),
  KeyUsage: keyUsage,
  KeySpec: z.string(),
  Origin: origin,
  ProtectionLevel: protectionLevel,
  /** Set in PendingDeletion only, else `""`. */
  DeleteDate: dateText,
  /** `""`: never, or not imported. */
  MaterialExpireTime: dateText,
  /** Symmetric keys with material only. */
  PrimaryKeyVersion: z.string().optional(),
  /** When the newest version was made. */
  LastRotationDate: dateText.optional(),
  AutomaticRotation: z.enum(['Enabled', 'Disabled', 'Suspended']).optional(),
  /** `<seconds>s`, while AutomaticRotation is Enabled or Suspended. */
  RotationInterval: z.string().optional(),
  /** LastRotationDate and the interval; what is past comes as soon as the key is Enabled. */
  NextRotationDate: dateText.optional(),
  DKMSInstanceId: z.string().optional(),
  /** DescribeKey only, like its description. */
  DeletionProtection: z.enum(['Enabled', 'Disabled']).optional(),
  DeletionProtectionDescription: z.string().optional(),
  /** Ours, DescribeKey only: the last hour in which a version of the key was used; absent where none was. */
  LastUsedDate: dateText.optional(),
});
export type KeyMetadata = z.input<typeof KeyMetadata>;
