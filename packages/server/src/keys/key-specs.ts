import type { KeyUsage } from './key.ts';

/** What can be made of a KeySpec. One row each; nothing else enumerates specs. */
export interface KeySpecRow {
  readonly usages: readonly KeyUsage[];
}

const symmetric: KeySpecRow = { usages: ['ENCRYPT/DECRYPT'] };

/** The specs this server offers (KMS semantics 7); the contract knows more. */
export const KEY_SPECS: ReadonlyMap<string, KeySpecRow> = new Map([['Aliyun_AES_256', symmetric]]);

export const DEFAULT_KEY_SPEC = 'Aliyun_AES_256';
