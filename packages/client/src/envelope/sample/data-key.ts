import { secretRoom } from '../keys/secret.ts';

/** Undefined where the answer's `Plaintext` is not Base64 of a key of `lengths`. Wiped by the caller. */
export function dataKeyOf(plaintext: string, lengths: readonly number[]): Uint8Array | undefined {
  const room = secretRoom(Math.max(...lengths) + 1); // one more, so that a longer plaintext shows
  const length = Buffer.from(room.buffer).write(plaintext, 'base64');
  if (lengths.includes(length) && plaintext.length === 4 * Math.ceil(length / 3)) {
    return room.subarray(0, length);
  }
  room.fill(0);
  return undefined;
}
