import { readFileSync } from 'node:fs';
import { type Generator, generated } from '../../sample/test-kit/vectors.ts';
import { MemoryKms } from '../../test-kit/memory-kms.ts';

interface Call {
  readonly action: string;
  readonly params: Readonly<Record<string, string>>;
}

/** A message that one of the vendor's SDKs wrote. */
interface SdkVector {
  readonly id: string;
  readonly format: 'asn1' | 'asn1-body-only' | 'stream' | 'stream-body-only';
  readonly message: string;
  readonly plaintext?: string;
  readonly plaintextGenerator?: Generator;
  readonly dataKeyPlaintext: string;
  readonly encryptionContext: Readonly<Record<string, string>>;
  /** The three of these are absent where the header is in a secret alone. */
  readonly parsed?: {
    readonly algorithm: string;
    readonly encryptedDataKeys: readonly { readonly keyArn: string; readonly ciphertextBlob: string }[];
  };
  readonly headerAad?: string;
  readonly bodyAad?: string | null;
  readonly storedHeader?: string;
  readonly kmsCallsOnDecrypt: readonly Call[];
}

const file = JSON.parse(readFileSync(new URL('./encryption-sdk-vectors.json', import.meta.url), 'utf8'));
export const sdkVectors: readonly SdkVector[] = file.vectors;

export const plaintextOf = ({ plaintext, plaintextGenerator }: SdkVector): Buffer =>
  plaintextGenerator ? generated(plaintextGenerator) : Buffer.from(plaintext ?? '', 'base64');

/** A KMS that knows the data keys of these CMKs, as the vendor's stub did: a blob begins with the id of its key. */
export function kmsOf(
  { dataKeyPlaintext }: SdkVector,
  cmks: readonly { readonly cmk: string; readonly ciphertext: Uint8Array }[],
): MemoryKms {
  const kms = new MemoryKms();
  for (const { cmk, ciphertext } of cmks) {
    const KeyId = cmk.slice(cmk.lastIndexOf('/') + 1);
    kms.known.set(Buffer.from(ciphertext).toString('base64'), { KeyId, Plaintext: dataKeyPlaintext });
  }
  return kms;
}
