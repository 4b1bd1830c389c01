import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** SHA-256 of the seed and a 32-bit counter, from 0 on, cut to the length. */
export interface Generator {
  readonly seed: string;
  readonly length: number;
}

export interface EaxVector {
  readonly id: string;
  readonly key: string;
  readonly nonce: string;
  readonly aad: string;
  readonly tag: string;
  /** These are absent where the message is large; digests stand for them. */
  readonly omac0?: string;
  readonly omac1?: string;
  readonly omac2?: string;
  readonly plaintext?: string;
  readonly ciphertext?: string;
  readonly plaintextGenerator?: Generator;
  readonly ciphertextSha256?: string;
}

/** A whole four-line file. One that is not valid has no plaintext. */
export interface SampleFile {
  readonly id: string;
  readonly valid: boolean;
  readonly ciphertextBlob: string;
  readonly dataKeyPlaintext: string;
  readonly fileBase64: string;
  readonly plaintextBase64?: string;
}

const file = JSON.parse(readFileSync(new URL('./eax-vectors.json', import.meta.url), 'utf8'));
export const eaxVectors: readonly EaxVector[] = file.vectors;
export const sampleFiles: readonly SampleFile[] = file.samples;

export function generated({ seed, length }: Generator): Buffer<ArrayBuffer> {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) => {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(i);
    return createHash('sha256').update(seed).update(counter).digest();
  });
  return Buffer.concat(blocks).subarray(0, length);
}
