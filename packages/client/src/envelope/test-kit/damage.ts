import assert from 'node:assert/strict';
import { EnvelopeError, type EnvelopeErrorCode } from '../envelope-error.ts';

/** For assert.rejects and assert.throws. */
export const failsWith =
  (...codes: EnvelopeErrorCode[]) =>
  (error: unknown): true => {
    assert.ok(error instanceof EnvelopeError, String(error));
    assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
    return true;
  };

/** What a file that was changed may be refused with. */
export const DAMAGED: readonly EnvelopeErrorCode[] = [
  'NotAnEnvelope',
  'UnsupportedVersion',
  'InvalidHeader',
  'Truncated',
  'ContextRequired',
  'ContextMismatch',
  'NoUsableRecipient',
  'HeaderModified',
  'DamagedChunk',
];

export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}
