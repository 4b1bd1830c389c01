/**
 * Room for a secret that stays where it is: V8 keeps small typed arrays in its heap, and moving them leaves copies
 * that nobody wipes. An ArrayBuffer of its own is outside.
 */
export const secretRoom = (length: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(new ArrayBuffer(length));

/** Wiped by whoever asked for it. */
export function copyOfSecret(secret: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = secretRoom(secret.length);
  copy.set(secret);
  return copy;
}
