import { layoutOfFile } from './format/chunks.ts';
import type { Context } from './format/context.ts';
import { type Header, parseHeader, SUITE, VERSION } from './format/header.ts';
import { fingerprintText, type Recipient } from './format/recipients.ts';

/** What a file says of itself. Nothing of it is verified: that takes the data key. */
export interface Inspection {
  readonly version: number;
  readonly suite: number;
  readonly chunkBytes: number;
  readonly chunks: number;
  readonly headerBytes: number;
  readonly fileBytes: number;
  readonly plaintextBytes: number;
  /** Undefined where the file does not store it. */
  readonly context: Context | undefined;
  readonly recipients: readonly InspectedRecipient[];
}

export type InspectedRecipient =
  | { readonly kind: 'cmk'; readonly cmk: string; readonly keyVersionId: string }
  | {
      readonly kind: 'instance';
      readonly cmk: string;
      readonly keyVersionId: string;
      readonly algorithm: string;
    }
  | { readonly kind: 'recovery'; readonly fingerprint: string }
  | { readonly kind: 'unknown'; readonly type: number };

/** Of a whole envelope in memory. Needs no key and asks nobody. Throws as `parseHeader`, Truncated. */
export const inspectBytes = (envelope: Uint8Array): Inspection =>
  inspectHeader(parseHeader(envelope), envelope.length);

export function inspectHeader(header: Header, fileBytes: number): Inspection {
  const headerBytes = header.bytes.length;
  const { chunkBytes, chunks, plaintextBytes } = layoutOfFile(headerBytes, 2 ** header.chunkLog2, fileBytes);
  return {
    version: VERSION,
    suite: SUITE,
    chunkBytes,
    chunks,
    headerBytes,
    fileBytes,
    plaintextBytes,
    context: header.context,
    recipients: header.recipients.map(inspectRecipient),
  };
}

function inspectRecipient(recipient: Recipient): InspectedRecipient {
  switch (recipient.kind) {
    case 'cmk':
      return { kind: 'cmk', cmk: recipient.cmk, keyVersionId: recipient.keyVersionId };
    case 'instance': {
      const { cmk, keyVersionId, algorithm } = recipient;
      return { kind: 'instance', cmk, keyVersionId, algorithm };
    }
    case 'recovery':
      return { kind: 'recovery', fingerprint: fingerprintText(recipient.fingerprint) };
    default:
      return { kind: 'unknown', type: recipient.type };
  }
}
