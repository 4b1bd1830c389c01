import { epochHeader, NONCE_BYTES, NONCE_OFFSET } from './ciphertext.ts';

/** A process reuses one salt for at most this many messages or this long. */
export const EPOCH_MESSAGES = 2 ** 20;
const EPOCH_MS = 60_000;

export interface EpochRules {
  readonly now: () => number;
  /** Fewer than `EPOCH_MESSAGES` serve tests: a million messages take seconds. */
  readonly messages: number;
}

/** A salt of this process for one key version, and how much of it is used up. */
export interface Epoch {
  readonly header: Buffer;
  readonly until: number;
  messages: number;
}

export function newEpoch({ now }: EpochRules, ...names: Parameters<typeof epochHeader>): Epoch {
  return { header: epochHeader(...names), until: now() + EPOCH_MS, messages: 0 };
}

export function isCurrent(epoch: Epoch, { now, messages }: EpochRules): boolean {
  return epoch.messages < messages && now() < epoch.until;
}

/** The nonce is a counter: the salt makes the key fresh, so a counter cannot repeat under it. */
export function nextMessage(epoch: Epoch): { readonly header: Buffer; readonly nonce: Buffer } {
  const header = Buffer.from(epoch.header);
  const nonce = header.subarray(NONCE_OFFSET, NONCE_OFFSET + NONCE_BYTES);
  nonce.writeUInt32BE(epoch.messages++, NONCE_BYTES - 4);
  return { header, nonce };
}
