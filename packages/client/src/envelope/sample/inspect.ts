import { InputFile } from '../file/input-file.ts';
import { fromBase64 } from './base64.ts';
import { readFourLines } from './four-lines.ts';
import { memorySource, type Source } from './source.ts';

/** What a sample file says of itself. It names neither its key nor an algorithm, and nothing of it is verified. */
export interface SampleInspection {
  readonly fileBytes: number;
  readonly plaintextBytes: number;
  readonly encryptedDataKeyBytes: number;
  readonly nonceBytes: number;
}

/** Needs no key and asks nobody. Throws as `readFourLines`. */
export const inspectSampleBytes = (file: Uint8Array): SampleInspection => inspect(memorySource(file));

/** Reads the first and the last lines only. */
export function inspectSampleFile(path: string): SampleInspection {
  using input = new InputFile(path);
  return inspect(input);
}

function inspect(source: Source): SampleInspection {
  const { blob, nonce, plaintextBytes } = readFourLines(source);
  return {
    fileBytes: source.bytes,
    plaintextBytes,
    encryptedDataKeyBytes: fromBase64(blob)?.length ?? 0,
    nonceBytes: nonce.length,
  };
}
