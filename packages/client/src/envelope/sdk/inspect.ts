import { InputFile } from '../file/input-file.ts';
import type { Context } from '../format/context.ts';
import { memorySource, type Source } from '../sample/source.ts';
import { type MessageForm, readMessage } from './message.ts';

/** What a message says of itself. Nothing of it is verified: that takes the data key. */
export interface SdkInspection {
  readonly form: MessageForm;
  readonly fileBytes: number;
  /** Undefined where the header is in a secret and was not given. */
  readonly header:
    | {
        readonly algorithm: string;
        /** false: nothing would tell that the body was changed. */
        readonly authenticated: boolean;
        readonly context: Context;
        readonly cmks: readonly string[];
        /** With its padding, where the algorithm pads. */
        readonly ciphertextBytes: number;
      }
    | undefined;
}

/** Needs no key and asks nobody. Throws as `readMessage`. */
export const inspectSdkBytes = (message: Uint8Array, storedHeader?: string): SdkInspection =>
  inspect(memorySource(message), storedHeader);

/** Reads the header only. */
export function inspectSdkFile(path: string, storedHeader?: string): SdkInspection {
  using input = new InputFile(path);
  return inspect(input, storedHeader);
}

function inspect(source: Source, storedHeader: string | undefined): SdkInspection {
  const message = readMessage(source, storedHeader);
  const { form } = message;
  if (!message.header) return { form, fileBytes: source.bytes, header: undefined };
  const { header, body } = message;
  return {
    form,
    fileBytes: source.bytes,
    header: {
      algorithm: header.algorithm.name,
      authenticated: header.algorithm.tagBytes > 0,
      context: header.context,
      cmks: header.dataKeys.map(({ cmk }) => cmk),
      ciphertextBytes: body.ciphertext.end - body.ciphertext.start,
    },
  };
}
