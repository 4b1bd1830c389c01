import type { Key, KeyUsage } from './key.ts';
import { AES_256_GCM, SM4_GCM, type Suite } from './suites.ts';

/** What can be made of a KeySpec. One row each; nothing else enumerates specs. */
export interface KeySpecRow {
  readonly usages: readonly KeyUsage[];
  readonly materialBytes: number;
  /** Material is never a cipher's key itself: the keys of messages are derived from it, whatever its length. */
  readonly suite: Suite;
}

const symmetric = (materialBytes: number, suite: Suite): KeySpecRow => ({
  usages: ['ENCRYPT/DECRYPT'],
  materialBytes,
  suite,
});

/**
 * The specs this server offers (KMS semantics 7); the contract knows more. Aliyun_DES3_192 is not among them: GCM
 * needs blocks of 128 bits, and what else 3DES can do does not authenticate.
 */
export const KEY_SPECS: ReadonlyMap<string, KeySpecRow> = new Map([
  ['Aliyun_AES_256', symmetric(32, AES_256_GCM)],
  ['Aliyun_AES_192', symmetric(24, AES_256_GCM)],
  ['Aliyun_AES_128', symmetric(16, AES_256_GCM)],
  ['Aliyun_SM4', symmetric(16, SM4_GCM)],
]);

export const DEFAULT_KEY_SPEC = 'Aliyun_AES_256';

export function specOf({ keyId, keySpec }: Key): KeySpecRow {
  const row = KEY_SPECS.get(keySpec);
  if (row === undefined) throw new Error(`key ${keyId} is of ${keySpec}, which this server does not know`);
  return row;
}
